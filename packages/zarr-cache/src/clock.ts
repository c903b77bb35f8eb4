/** Tells the time in milliseconds since 1970. Ages are counted on it. */
export type Clock = () => number;

/** How a timer is to run. */
export interface TimerOptions {
  /** True for upkeep that must not keep a process alive. */
  readonly background?: boolean;
}

/** Starts and stops timers; `setTimeout` and its kin, or a test's own. */
export interface Timers {
  /** Calls back after some milliseconds; keeps the process alive until then unless told otherwise. */
  set(callback: () => void, milliseconds: number, options?: TimerOptions): unknown;
  clear(timer: unknown): void;
}

/** What platforms count up to, 24 days; they take anything above for no time at all. */
const LONGEST_DELAY = 2 ** 31 - 1;

/** The timers of the platform. */
export const systemTimers: Timers = {
  set(callback, milliseconds, options) {
    const timer: unknown = setTimeout(callback, Math.min(milliseconds, LONGEST_DELAY));
    if (options?.background && typeof timer === "object" && timer !== null && "unref" in timer)
      (timer as { unref(): void }).unref();
    return timer;
  },
  clear: (timer) => clearTimeout(timer as Parameters<typeof clearTimeout>[0]),
};
