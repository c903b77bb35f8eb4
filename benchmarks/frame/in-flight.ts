/** Works through items in order with at most `limit` of them under way. */
export async function inFlight<T>(
  items: readonly T[],
  limit: number,
  work: (item: T, at: number) => unknown,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const at = next++;
      await work(items[at] as T, at);
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
}
