import type { CachedStore, StoreStatistics } from "zarr-cache";
import type { ChunkCache } from "zarr-cache/node";

/** What `cache_stats` tells. */
export interface CacheStatistics {
  /** What is cached of the store whose items functions see. */
  readonly store: { readonly id: string; readonly entries: number; readonly bytes: number };
  /** What is cached in all, and how much may be. */
  readonly cache: { readonly entries: number; readonly bytes: number; readonly maxBytes: number };
  readonly tiers: readonly {
    readonly tier: string;
    readonly entries: number;
    readonly bytes: number;
    readonly maxBytes: number;
    readonly sick: boolean;
  }[];
  /** What this process did with the store since it began. */
  readonly since: StoreStatistics;
}

/** `cache_stats`: how full the cache is, and what it did. */
export async function cacheStats(cache: ChunkCache, store: CachedStore): Promise<CacheStatistics> {
  const own = await cache.usage(store.storeId);
  const all = await cache.usage();
  return {
    store: { id: store.storeId, entries: own.entries, bytes: own.bytes },
    cache: { entries: all.entries, bytes: all.bytes, maxBytes: all.maxBytes },
    tiers: all.tiers.map(({ tier, entries, bytes, maxBytes, sick }) => ({
      tier,
      entries,
      bytes,
      maxBytes,
      sick,
    })),
    since: store.stats(),
  };
}
