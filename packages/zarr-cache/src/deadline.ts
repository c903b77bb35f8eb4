import type { Timers } from "./clock.ts";
import { DeadlineError } from "./errors.ts";
import { isPromise, type MaybePromise } from "./maybe-promise.ts";

/** Waits for an answer for so many milliseconds, then rejects with {@link DeadlineError}; what is late is dropped. */
export function withDeadline<T>(
  what: string,
  milliseconds: number,
  timers: Timers,
  answer: MaybePromise<T>,
): MaybePromise<T> {
  if (!isPromise(answer) || milliseconds === Number.POSITIVE_INFINITY) return answer;
  return new Promise<T>((resolve, reject) => {
    const timer = timers.set(() => reject(new DeadlineError(what, milliseconds)), milliseconds);
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
