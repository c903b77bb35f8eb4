import { expect, it } from "vitest";
import { UseFlushing } from "../../src/disk/use-flushing.ts";

/** Flushes that take as much processor time as the test says, and the pauses before them. */
function setup(costs: readonly number[]) {
  const pauses: number[] = [];
  let fire = () => {};
  let spent = 0;
  let flushes = 0;
  const flushing = new UseFlushing(
    async () => {
      spent += costs[flushes++] ?? 0;
    },
    {
      set(callback, milliseconds) {
        pauses.push(milliseconds);
        fire = callback;
        return callback;
      },
      clear() {},
    },
    () => spent,
  );
  return {
    pauses,
    use: () => flushing.use("s\n/a\n", "0".repeat(40), () => 0, 0),
    async flush() {
      fire();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

it("writes uses down once a second, and less often after a flush that took much of the processor", async () => {
  const { pauses, use, flush } = setup([30, 100, 30, 1e6, 0]);
  for (let i = 0; i < 6; i++) {
    use();
    await flush();
  }
  expect(pauses).toEqual([1000, 1000, 3200, 1000, 60_000, 1000]);
});

it("begins to count the pause with the first use after a flush has ended", async () => {
  const { pauses, use, flush } = setup([100]);
  use();
  use();
  const flushed = flush();
  use();
  expect(pauses).toEqual([1000]);
  await flushed;
  use();
  expect(pauses).toEqual([1000, 3200]);
});
