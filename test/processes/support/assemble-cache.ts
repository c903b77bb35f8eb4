import { join } from "node:path";
import {
  IndexedCacheStorage,
  type IndexedCacheStorageOptions,
  MemoryStoreIndex,
  MemoryStoreOpener,
  type StoreIndex,
  type StoreOpener,
  TieredCacheStorage,
} from "zarr-cache";
import {
  DiskStoreOpener,
  type DiskStoreOpenerOptions,
  LmdbStoreIndex,
  type LmdbStoreIndexOptions,
} from "zarr-cache/disk";
import { ChunkCache } from "zarr-cache/node";

/** What `openCache` does not take, since only a test wants it. */
export interface Assembly {
  readonly index?: LmdbStoreIndexOptions;
  readonly opener?: DiskStoreOpenerOptions;
  readonly tier?: IndexedCacheStorageOptions;
  /** Bytes of a memory tier above; default: none. */
  readonly memory?: number;
  /** Told what an operator is. */
  onWarning?(message: string): void;
  /** Puts something between the storage and its index. */
  wrapIndex?(index: StoreIndex): StoreIndex;
  /** Puts something between the storage and its bytes. */
  wrapOpener?(opener: StoreOpener): StoreOpener;
}

/** Puts a cache in a directory together as `openCache` does, with the parts within reach of a test. */
export async function assembleCache(directory: string, assembly: Assembly): Promise<ChunkCache> {
  const { wrapIndex = (it) => it, wrapOpener = (it) => it, memory } = assembly;
  const index = new LmdbStoreIndex(join(directory, "index"), assembly.index);
  const opener = new DiskStoreOpener(join(directory, "chunks", "{store_id}"), assembly.opener);
  const disk = new IndexedCacheStorage(wrapIndex(index), wrapOpener(opener), assembly.tier);
  const storage =
    memory === undefined
      ? disk
      : new TieredCacheStorage([
          new IndexedCacheStorage(new MemoryStoreIndex({ maxBytes: memory }), new MemoryStoreOpener()),
          disk,
        ]);
  storage.on("warning", ({ message }) => assembly.onWarning?.(message));
  await storage.open();
  return new ChunkCache(storage);
}
