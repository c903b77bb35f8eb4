import { IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import { ChunkCache } from "zarr-cache/node";
import type { LoadedConfig } from "../config/load-config.ts";
import { isPipeline, type StoreConfig } from "../config/store-section.ts";
import { openConfiguredAside } from "./open-configured-aside.ts";
import { openStores } from "./open-stores.ts";

/**
 * Rejects with `ConfigError` where what a configuration names cannot be used: definitions of pipelines, and modules. Opens
 * all stores as a server would, but over a cache that is thrown away, and asks no server for anything.
 */
export async function assertOpens(loaded: LoadedConfig): Promise<void> {
  const { config, directory } = loaded;
  const index = new MemoryStoreIndex({ maxBytes: "1 MB" });
  const cache = new ChunkCache(new IndexedCacheStorage(index, new MemoryStoreOpener()));
  try {
    const entries = Object.entries(config.stores).map(([id, store]) => [id, withoutLookUp(store)] as const);
    const opened = await openStores(cache, { ...config, stores: Object.fromEntries(entries) }, directory);
    const stores = new Map([...opened.stores].map(([id, { served }]) => [id, served]));
    const aside = await openConfiguredAside(loaded, { cache, stores });
    await aside?.close();
  } finally {
    await cache.close();
  }
}

/** Whether a web server is at a private address is looked up, unless it is told. */
function withoutLookUp(store: StoreConfig): StoreConfig {
  if (isPipeline(store) || !/^https?:/.test(store.source)) return store;
  return { ...store, http: { ...store.http, privateAddresses: true } };
}
