import { assertKnownOptions, assertProgress, assertSignal, parseCount } from "../options.ts";
import { waitOrLeave } from "../shared-wait.ts";

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
  assertProgress(onProgress);
  signal?.throwIfAborted();
  return Math.min(parseCount("concurrency", concurrency, 1), MOST_AT_ONCE);
}

/** What walks items, whether they come at once or not. */
export function iteratorOf<T>(items: Iterable<T> | AsyncIterable<T>): Iterator<T> | AsyncIterator<T> {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
}

/** Calls a function with each item, so many at once; the first failure ends it, as does the signal. */
export async function eachOf<T>(
  items: Iterable<T> | AsyncIterable<T>,
  atOnce: number,
  use: (item: T) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const left = iteratorOf(items);
  let isOver = false;
  const worker = async () => {
    while (!isOver) {
      signal?.throwIfAborted();
      const next = await waitOrLeave(Promise.resolve(left.next()), signal, () => {});
      if (next.done) return;
      await use(next.value);
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, worker));
  } finally {
    isOver = true;
    const ended = Promise.resolve(left.return?.());
    // What makes the items ends when it goes on, which may be never.
    if (signal?.aborted) ended.catch(() => {});
    else await ended;
  }
}
