import type { CachedStore, MaybePromise, RangeQuery, ReadAnswer } from "zarr-cache";

/** A value, or a part of one, with what is known of it. */
export interface ReadValue {
  readonly value: Uint8Array | undefined;
  readonly answer: ReadAnswer;
}

/** What is told where the store tells nothing: metadata that others say is missing, offline. */
const UNTOLD: ReadAnswer = { from: "hit", age: 0, freshFor: 0, isKept: false };

/** Reads through the cache, in the same turn what memory has, and keeps what it tells of the answer. */
export function readValue(
  store: CachedStore,
  key: `/${string}`,
  range: RangeQuery | undefined,
  reader: { readonly signal: AbortSignal },
): MaybePromise<ReadValue> {
  let answer = UNTOLD;
  const value = store.getAtOnce(key, {
    range,
    signal: () => reader.signal,
    onAnswer: (told) => {
      answer = told;
    },
  });
  return isPromise(value) ? value.then((waited) => ({ value: waited, answer })) : { value, answer };
}

/** Whether an answer is still to come. */
export function isPromise<T>(value: MaybePromise<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | undefined)?.then === "function";
}
