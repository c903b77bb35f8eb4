import type { Timers } from "./clock.ts";
import { DeadlineError } from "./errors.ts";
import { isPromise, type MaybePromise } from "./maybe-promise.ts";

/**
 * Waits for an answer for so many milliseconds, then rejects with {@link DeadlineError}; what is late is dropped.
 * An answer that is there when the time is up counts, even if the event loop was too busy to hand it over before.
 */
export function withDeadline<T>(
  what: string,
  milliseconds: number,
  timers: Timers,
  answer: MaybePromise<T>,
): MaybePromise<T> {
  if (!isPromise(answer) || milliseconds === Number.POSITIVE_INFINITY) return answer;
  return new Promise<T>((resolve, reject) => {
    let timer = timers.set(() => {
      // One more turn, in which answers that have arrived are handed over first.
      timer = timers.set(() => reject(new DeadlineError(what, milliseconds)), 0);
    }, milliseconds);
    answer.then(
      (value) => {
        timers.clear(timer);
        resolve(value);
      },
      (error: unknown) => {
        timers.clear(timer);
        reject(error as Error);
      },
    );
  });
}
