import { openAccess, type ServedStore, type ServerContext, silentLog } from "@zarr-cache/server";
import {
  type CachedStore,
  IndexedCacheStorage,
  MemoryStoreIndex,
  MemoryStoreOpener,
  type SourceLike,
} from "zarr-cache";
import { ChunkCache } from "zarr-cache/node";

/** A context with one store `data` over a source, in memory. */
export function testContext(
  source: SourceLike = new Map(),
  options: Partial<ServerContext> & { readonly served?: Partial<ServedStore> } = {},
): ServerContext {
  const { served, ...more } = options;
  const cache = new ChunkCache(
    new IndexedCacheStorage(new MemoryStoreIndex({ maxBytes: "64 MB" }), new MemoryStoreOpener()),
  );
  const store: CachedStore = cache.wrap(source, "data");
  return {
    stores: new Map([["data", { id: "data", store, source, writable: false, public: true, ...served }]]),
    cache,
    access: openAccess,
    log: silentLog,
    clock: Date.now,
    onClose() {},
    ...more,
  };
}
