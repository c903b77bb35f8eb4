import { type CacheStorage, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";

/** An index that outlives those who have opened it, as one on a disk does. */
class LastingIndex extends MemoryStoreIndex {
  override async close(): Promise<void> {}
}

/** Tiers that outlive the storages over them. */
export function lastingTiers(): () => CacheStorage {
  const [index, stores] = [new LastingIndex(), new MemoryStoreOpener()];
  return () => new IndexedCacheStorage(index, stores);
}
