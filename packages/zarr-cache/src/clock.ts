/** Tells the time in milliseconds since 1970. Ages are counted on it. */
export type Clock = () => number;

/** Starts and stops timers; `setTimeout` and its kin, or a test's own. */
export interface Timers {
  /** Calls back after some milliseconds. Does not keep a process alive. */
  set(callback: () => void, milliseconds: number): unknown;
  clear(timer: unknown): void;
}

/** The timers of the platform. */
export const systemTimers: Timers = {
  set(callback, milliseconds) {
    const timer: unknown = setTimeout(callback, milliseconds);
    if (typeof timer === "object" && timer !== null && "unref" in timer && typeof timer.unref === "function")
      timer.unref();
    return timer;
  },
  clear: (timer) => clearTimeout(timer as Parameters<typeof clearTimeout>[0]),
};
