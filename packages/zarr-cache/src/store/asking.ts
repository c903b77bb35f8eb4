import type { MaybePromise } from "../maybe-promise.ts";
import { assertSignal } from "../options.ts";
import { waitOrLeave } from "../shared-wait.ts";
import { iteratorOf } from "./many-keys.ts";

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
  const own = new AbortController();
  const answer = (async () => ask(own.signal))();
  return waitOrLeave(answer, signal, (reason) => own.abort(reason));
}

/** The same for what comes one by one. */
export async function* askForEach<T>(
  ask: (own: AbortSignal) => AsyncIterable<T> | Iterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void> {
  const own = new AbortController();
  const items = await askAlone(async () => iteratorOf(ask(own.signal)), signal);
  try {
    for (;;) {
      const next = await askAlone(() => items.next(), signal);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    own.abort(signal?.reason);
    const ended = askAlone(async () => items.return?.(), undefined).catch(() => {});
    // One that was left ends when it ends.
    if (!signal?.aborted) await ended;
  }
}
