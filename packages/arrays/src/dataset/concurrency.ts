/**
 * Works through tasks with at most `limit` under way at a time. The first failure, or an abort, aborts the signal that
 * the others were given, and is thrown once none is under way any more.
 */
export async function runBounded<T>(
  tasks: Iterable<T>,
  limit: number,
  signal: AbortSignal | undefined,
  run: (task: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const abort = () => controller.abort(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  const iterator = tasks[Symbol.iterator]();
  let failure: { readonly reason: unknown } | undefined;
  const work = async () => {
    while (!controller.signal.aborted) {
      const next = iterator.next();
      if (next.done) return;
      try {
        await run(next.value, controller.signal);
      } catch (error) {
        failure ??= { reason: error };
        controller.abort(error);
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: limit }, work));
  } finally {
    signal?.removeEventListener("abort", abort);
  }
  signal?.throwIfAborted();
  if (failure) throw failure.reason;
}
