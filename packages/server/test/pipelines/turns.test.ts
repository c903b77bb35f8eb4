import { expect, it } from "vitest";
import { TooManyWaitError, Turns } from "../../src/pipelines/turns.ts";

const never = new AbortController().signal;

/** Work that ends when it is told to, and how many were under way at most. */
function work() {
  const ends: (() => void)[] = [];
  let [running, most] = [0, 0];
  const run = async () => {
    most = Math.max(most, ++running);
    await new Promise<void>((resolve) => ends.push(resolve));
    running--;
  };
  return { run, ends, most: () => most };
}

it("lets so many run at a time, and the others in their order", async () => {
  const turns = new Turns({ concurrency: 2, queue: 10 });
  const { run, ends, most } = work();
  const order: number[] = [];
  const all = Array.from({ length: 5 }, (_, at) =>
    turns.run(async () => {
      order.push(at);
      await run();
    }, never),
  );
  for (let ended = 0; ended < 5; ended++) {
    while (ends.length === 0) await Promise.resolve();
    ends.shift()?.();
  }
  await Promise.all(all);
  expect([order, most()]).toEqual([[0, 1, 2, 3, 4], 2]);
});

it("refuses who would wait behind too many, and goes on after work that failed", async () => {
  const turns = new Turns({ concurrency: 1, queue: 1 });
  const { run, ends } = work();
  const first = turns.run(run, never);
  const second = turns.run(() => Promise.reject(new Error("broken")), never);
  await expect(turns.run(run, never)).rejects.toThrow(TooManyWaitError);
  ends[0]?.();
  await first;
  await expect(second).rejects.toThrow("broken");
  expect(await turns.run(async () => 3, never)).toBe(3);
});

it("lets who leaves leave, and gives the turn to the next", async () => {
  const turns = new Turns({ concurrency: 1, queue: 5 });
  const { run, ends } = work();
  const first = turns.run(run, never);
  const leaving = new AbortController();
  const left = turns.run(run, leaving.signal);
  const last = turns.run(async () => "last", never);
  leaving.abort(new Error("gone"));
  await expect(left).rejects.toThrow("gone");
  ends[0]?.();
  await first;
  expect(await last).toBe("last");
  await expect(turns.run(run, leaving.signal)).rejects.toThrow("gone");
  expect(ends).toHaveLength(1);
});
