import { setImmediate } from "node:timers/promises";
import { onTestFinished, vi } from "vitest";
import { timeSlices } from "../../src/time-slices.ts";

/** Slices in which nothing goes on before the test says so. */
export interface HeldSlices {
  /** How many wait. */
  waiting(): number;
  /** Lets the first of those who wait go on, and waits until everything that needs no time has happened. */
  next(): Promise<void>;
}

/** Holds the slices of this process until the test ends. */
export function heldSlices(): HeldSlices {
  const line: (() => void)[] = [];
  const take = vi.spyOn(timeSlices, "take");
  take.mockImplementation(() => new Promise((resolve) => line.push(resolve)));
  onTestFinished(() => {
    take.mockRestore();
    for (const goOn of line) goOn();
  });
  return {
    waiting: () => line.length,
    async next() {
      line.shift()?.();
      await setImmediate();
    },
  };
}
