import type { CachedStore, RangeQuery, ReadAnswer } from "zarr-cache";

/** A value, or a part of one, with what is known of it. */
export interface ReadValue {
  readonly value: Uint8Array | undefined;
  readonly answer: ReadAnswer;
}

/** What is told where the store tells nothing: metadata that others say is missing, offline. */
const UNTOLD: ReadAnswer = { from: "hit", age: 0, freshFor: 0, isKept: false };

/** Reads through the cache, and keeps what it tells of the answer. */
export async function readValue(
  store: CachedStore,
  key: `/${string}`,
  range: RangeQuery | undefined,
  signal: AbortSignal,
): Promise<ReadValue> {
  let answer = UNTOLD;
  const options = {
    signal,
    onAnswer: (told: ReadAnswer) => {
      answer = told;
    },
  };
  const value = await (range === undefined ? store.get(key, options) : store.getRange(key, range, options));
  return { value, answer };
}
