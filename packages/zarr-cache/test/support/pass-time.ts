import { setImmediate } from "node:timers/promises";
import type { FakeClock } from "../../src/testing/index.ts";

/**
 * Lets a clock go on until some work is settled, and answers how many milliseconds that took on the clock, to the
 * nearest hundred above. Throws when ten minutes are not enough.
 */
export async function passTime(clock: FakeClock, work: Promise<unknown>): Promise<number> {
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  work.then(settle, settle);
  for (let passed = 0; passed <= 600_000; passed += 100) {
    // A turn of the event loop, in which everything that needs no time happens.
    await setImmediate();
    if (isSettled) return passed;
    clock.advance(100);
  }
  throw new Error("not settled after ten minutes");
}
