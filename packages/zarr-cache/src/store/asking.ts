import type { MaybePromise } from "../maybe-promise.ts";
import { assertSignal } from "../options.ts";
import { SharedCall } from "../shared-call.ts";

/**
 * Asks a source something that nobody else waits for. Whoever asked may leave at any time: the source hears of that by a
 * signal of our own, and is not waited for.
 */
export async function askAlone<T>(
  ask: (own: AbortSignal) => MaybePromise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  assertSignal("signal", signal);
  signal?.throwIfAborted();
  return new SharedCall(async (own) => ask(own)).join(signal);
}

/** The same for what comes one by one. */
export async function* askForEach<T>(
  ask: (own: AbortSignal) => AsyncIterable<T> | Iterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void> {
  assertSignal("signal", signal);
  signal?.throwIfAborted();
  const own = new AbortController();
  const all = ask(own.signal);
  const items = Symbol.asyncIterator in all ? all[Symbol.asyncIterator]() : all[Symbol.iterator]();
  try {
    for (;;) {
      const next = await askAlone(() => items.next(), signal);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    own.abort(signal?.reason);
    const ended = Promise.resolve(items.return?.());
    // One that was left ends when it ends.
    if (signal?.aborted) ended.catch(() => {});
    else await ended;
  }
}
