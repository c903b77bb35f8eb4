import { partId } from "../part.ts";
import type { CacheStorage } from "../storage.ts";
import type { EntryInfo } from "../store-index.ts";

/** Entries of one tier, of which the first is at hand. */
interface Tier {
  readonly entries: AsyncIterator<EntryInfo, void>;
  next: EntryInfo | undefined;
}

/** What is cached of one key: the value, ranges of it, or that it is missing. */
export type CachedParts = readonly [EntryInfo, ...EntryInfo[]];

/** What is cached of each key of a store below a path, in their order; of a part that several tiers hold, the lowest's entry. */
export async function* cachedParts(
  storage: CacheStorage,
  storeId: string,
  prefix: string,
): AsyncGenerator<CachedParts, void> {
  const tiers: Tier[] = [];
  for (const tier of [...(storage.above ?? []), storage].reverse()) {
    const entries = entriesOf(tier, storeId, prefix);
    tiers.push({ entries, next: await following(entries) });
  }
  for (;;) {
    const [key] = tiers.flatMap(({ next }) => next?.key ?? []).sort();
    if (key === undefined) return;
    const parts = new Map<string, EntryInfo>();
    for (const tier of tiers)
      for (; tier.next?.key === key; tier.next = await following(tier.entries)) {
        const id = partId(tier.next);
        if (!parts.has(id)) parts.set(id, tier.next);
      }
    yield [...parts.values()] as [EntryInfo];
  }
}

async function following(entries: AsyncIterator<EntryInfo, void>): Promise<EntryInfo | undefined> {
  return (await entries.next()).value ?? undefined;
}

/** What is cached below a path of a store, of all of it by default, page by page. */
export async function* entriesOf(
  storage: Pick<CacheStorage, "entries">,
  storeId: string,
  prefix = "/",
): AsyncGenerator<EntryInfo, void> {
  let cursor: string | undefined;
  do {
    const page = await storage.entries({
      storeId,
      prefix,
      limit: 1000,
      ...(cursor !== undefined && { cursor }),
    });
    yield* page.entries;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
