/**
 * Works through tasks with at most `limit` under way at a time. The first failure, or an abort, aborts the signals of
 * those under way, and is thrown once none is any more.
 */
export async function runBounded<T>(
  tasks: Iterable<T>,
  limit: number,
  signal: AbortSignal | undefined,
  run: (task: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  signal?.throwIfAborted();
  // Each task has a signal of its own: sixteen listeners on one would look like a leak.
  const running = new Set<AbortController>();
  let stopped: { readonly reason: unknown } | undefined;
  const stop = (reason: unknown) => {
    stopped ??= { reason };
    for (const controller of running) controller.abort(reason);
  };
  const abort = () => stop(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  const iterator = tasks[Symbol.iterator]();
  const work = async () => {
    while (!stopped) {
      const next = iterator.next();
      if (next.done) return;
      const controller = new AbortController();
      running.add(controller);
      try {
        await run(next.value, controller.signal);
      } catch (error) {
        stop(error);
      } finally {
        running.delete(controller);
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: limit }, work));
  } finally {
    signal?.removeEventListener("abort", abort);
  }
  const end = stopped as { readonly reason: unknown } | undefined;
  if (end) throw end.reason;
}
