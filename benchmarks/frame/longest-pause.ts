import { monitorEventLoopDelay } from "node:perf_hooks";

/** Runs something that gives way to the event loop, and returns the longest time, in ms, that nothing else could run. */
export async function longestPauseDuring(work: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  // The first sample is only taken after a turn of the loop.
  await new Promise((resolve) => setTimeout(resolve, 5));
  delay.reset();
  await work();
  await new Promise((resolve) => setTimeout(resolve, 5));
  delay.disable();
  return delay.max / 1e6;
}

/** Runs a step again and again, and returns the longest time, in ms, that a single one took. */
export function longestStep(steps: number, step: (at: number) => void): number {
  let longest = 0;
  let before = performance.now();
  for (let at = 0; at < steps; at++) {
    step(at);
    const now = performance.now();
    if (now - before > longest) longest = now - before;
    before = now;
  }
  return longest;
}
