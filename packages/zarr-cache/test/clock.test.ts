import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { systemTimers } from "../src/clock.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("waits for a delay that the platform cannot count as long as it can, instead of not at all", () => {
  const called = vi.fn();
  const timers = [Number.POSITIVE_INFINITY, 2 ** 31, 30 * 86_400_000].map((delay) =>
    systemTimers.set(called, delay),
  );
  vi.advanceTimersByTime(24 * 86_400_000);
  expect(called).not.toHaveBeenCalled();
  for (const timer of timers) systemTimers.clear(timer);
});

it("calls back after the time that was asked for, unless it was cleared", () => {
  const called = vi.fn();
  systemTimers.set(called, 100);
  systemTimers.clear(systemTimers.set(called, 50, { background: true }));
  vi.advanceTimersByTime(99);
  expect(called).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(called).toHaveBeenCalledTimes(1);
});
