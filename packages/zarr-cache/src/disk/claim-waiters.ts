import type { Timers } from "../clock.ts";

/** Those who wait in this process for claims to end, by the token that they wait for. */
export class ClaimWaiters {
  readonly #timers: Timers;
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Waits for some milliseconds, or until the claim ends in this process. Rejects when aborted. */
  pause(token: string, milliseconds: number, signal: AbortSignal): Promise<void> {
    const timers = this.#timers;
    return new Promise((resolve, reject) => {
      const waiters = this.#waiting.get(token) ?? new Set();
      this.#waiting.set(token, waiters);
      const done = () => {
        timers.clear(timer);
        signal.removeEventListener("abort", abort);
        waiters.delete(done);
        if (waiters.size === 0) this.#waiting.delete(token);
        resolve();
      };
      const abort = () => {
        done();
        reject(signal.reason);
      };
      const timer = timers.set(done, milliseconds);
      waiters.add(done);
      signal.addEventListener("abort", abort);
    });
  }

  /** Tells those who wait for a claim that it ended. */
  wake(token: string): void {
    for (const done of [...(this.#waiting.get(token) ?? [])]) done();
  }

  /** Tells all. */
  wakeAll(): void {
    for (const token of [...this.#waiting.keys()]) this.wake(token);
  }
}
