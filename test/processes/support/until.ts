import { setTimeout as pause } from "node:timers/promises";

/** Waits until something holds; rejects when it still does not after a time that is long for anything. */
export async function until(holds: () => boolean | Promise<boolean>, atMost = 30_000): Promise<void> {
  const end = performance.now() + atMost;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`Not within ${atMost} ms: ${holds}`);
    await pause(5);
  }
}
