/** A value, or a promise of it: lets a tier in memory answer without a turn of the event loop. */
export type MaybePromise<T> = T | PromiseLike<T>;

/** Tells a promise from a plain value. */
export function isPromise<T>(value: MaybePromise<T>): value is PromiseLike<T> {
  return (
    typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"
  );
}
