import { join } from "node:path";
import { IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener, TieredCacheStorage } from "zarr-cache";
import { DiskStoreOpener, LmdbStoreIndex } from "zarr-cache/disk";
import { ChunkCache } from "zarr-cache/node";

/**
 * Opens memory over disk as `openCache` does, with deadlines that a busy machine does not reach: for tests that count
 * source reads of several processes, where a read past a slow index is right, but not what is counted.
 */
export async function openPatientCache(directory: string): Promise<ChunkCache> {
  const deadline = "1m";
  const memory = new IndexedCacheStorage(
    new MemoryStoreIndex({ maxBytes: "200 MB" }),
    new MemoryStoreOpener(),
  );
  const disk = new IndexedCacheStorage(
    new LmdbStoreIndex(join(directory, "index"), { maxBytes: "200 MB", lockAge: "1m", deadline }),
    new DiskStoreOpener(join(directory, "chunks", "{store_id}")),
    { deadline },
  );
  const storage = new TieredCacheStorage([memory, disk]);
  await storage.open();
  return new ChunkCache(storage);
}
