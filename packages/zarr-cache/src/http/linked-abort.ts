import { onAbort } from "../abort-listeners.ts";
import type { Timers } from "../clock.ts";

/**
 * An abort of our own that follows the caller's, and that a timer can bring about as well.
 *
 * `AbortSignal.any` would do, but ties what it makes to a caller's signal for as long as that lives.
 */
export class LinkedAbort {
  readonly #controller = new AbortController();
  readonly #timers: Timers;
  #unfollow: (() => void) | undefined;
  #timer: unknown;

  constructor(parent: AbortSignal | undefined, timers: Timers) {
    this.#timers = timers;
    if (parent === undefined) return;
    const follow = () => this.#controller.abort(parent.reason);
    if (parent.aborted) follow();
    else this.#unfollow = onAbort(parent, follow);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Aborts after so many milliseconds unless called again before; `Infinity` only takes the last timer back. */
  within(milliseconds: number, reason: () => Error): void {
    this.#timers.clear(this.#timer);
    this.#timer =
      milliseconds === Number.POSITIVE_INFINITY
        ? undefined
        : this.#timers.set(() => this.#controller.abort(reason()), milliseconds);
  }

  abort(reason: Error): void {
    this.#controller.abort(reason);
  }

  /** Lets go of the caller's signal and of the timer. */
  unlink(): void {
    this.#timers.clear(this.#timer);
    this.#unfollow?.();
  }
}

/** Waits for an answer or for the abort, whichever is first; an answer that comes too late goes to `late`. */
export function orAbort<T>(answer: Promise<T>, signal: AbortSignal, late?: (answer: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      reject(signal.reason as Error);
      if (late !== undefined) answer.then(late, () => {});
    };
    if (signal.aborted) {
      leave();
      answer.catch(() => {});
      return;
    }
    signal.addEventListener("abort", leave, { once: true });
    const done = () => signal.removeEventListener("abort", leave);
    answer.then(
      (value) => {
        done();
        resolve(value);
      },
      (error: unknown) => {
        done();
        reject(error as Error);
      },
    );
  });
}
