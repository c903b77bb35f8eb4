import { assertFunction, assertKnownOptions, assertSignal, parseCount } from "../options.ts";

/** Options of work on many keys. */
interface ManyKeysOptions<P> {
  readonly concurrency?: number;
  readonly onProgress?: ((progress: P) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const MOST_AT_ONCE = 1024;

/** Checks the options of work on many keys, which has others of its own, and tells how many keys at once. */
export function keysAtOnce<P>(
  work: string,
  options: ManyKeysOptions<P>,
  others: readonly string[] = [],
): number {
  assertKnownOptions(work, options, [...others, "onProgress", "concurrency", "signal"]);
  const { signal, onProgress, concurrency = 16 } = options;
  assertSignal("signal", signal);
  if (onProgress !== undefined) assertFunction("onProgress", onProgress, "a function (progress) => void");
  signal?.throwIfAborted();
  return Math.min(parseCount("concurrency", concurrency, 1), MOST_AT_ONCE);
}

/** Calls a function with each item, so many at once; the first failure ends it. */
export async function eachOf<T>(
  items: Iterable<T> | AsyncIterable<T>,
  atOnce: number,
  use: (item: T) => Promise<void>,
): Promise<void> {
  const left = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  let isOver = false;
  const worker = async () => {
    while (!isOver) {
      const next = await left.next();
      if (next.done) return;
      await use(next.value);
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, worker));
  } finally {
    isOver = true;
    await left.return?.();
  }
}
