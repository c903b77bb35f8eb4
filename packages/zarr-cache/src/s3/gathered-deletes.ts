import type { Timers } from "../clock.ts";

/** Deletes a batch of keys; answers those that failed, with why. Rejects when none of it can be known to have happened. */
export type DeleteBatch = (keys: readonly string[]) => Promise<ReadonlyMap<string, Error>>;

/** What a `DeleteObjects` request takes. */
const MOST_KEYS = 1000;

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Gathers the deletes of a few milliseconds into one request. One key's failure is that key's alone. */
export class GatheredDeletes {
  readonly #deleteBatch: DeleteBatch;
  readonly #timers: Timers;
  readonly #milliseconds: number;
  #waiting = new Map<string, Waiter[]>();
  #timer: unknown;

  constructor(deleteBatch: DeleteBatch, timers: Timers, milliseconds: number) {
    this.#deleteBatch = deleteBatch;
    this.#timers = timers;
    this.#milliseconds = milliseconds;
  }

  /** Resolves when the key is gone. */
  delete(key: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiters = this.#waiting.get(key);
      if (waiters !== undefined) {
        waiters.push({ resolve, reject });
        return;
      }
      this.#waiting.set(key, [{ resolve, reject }]);
      if (this.#waiting.size >= MOST_KEYS) this.flush();
      else this.#timer ??= this.#timers.set(() => this.flush(), this.#milliseconds);
    });
  }

  /** Sends what was gathered so far. */
  flush(): void {
    this.#timers.clear(this.#timer);
    this.#timer = undefined;
    const batch = this.#waiting;
    if (batch.size === 0) return;
    this.#waiting = new Map();
    const settle = (failureOf: (key: string) => unknown) => {
      for (const [key, waiters] of batch) {
        const failure = failureOf(key);
        for (const { resolve, reject } of waiters) failure === undefined ? resolve() : reject(failure);
      }
    };
    this.#deleteBatch([...batch.keys()]).then(
      (failed) => settle((key) => failed.get(key)),
      (error: unknown) => settle(() => error),
    );
  }
}
