/** How many reads are under way at a time unless told. */
export const READS_AT_A_TIME = 16;

/** What `apply` gives for each item, in their order, with at most {@link READS_AT_A_TIME} under way. */
export async function mapBounded<T, R>(
  items: readonly T[],
  signal: AbortSignal | undefined,
  apply: (item: T, signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  await runBounded(items.entries(), READS_AT_A_TIME, signal, async ([at, item], own) => {
    results[at] = await apply(item, own);
  });
  return results;
}

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
