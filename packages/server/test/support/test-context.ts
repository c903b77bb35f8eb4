import {
  type ClientCaching,
  DEFAULT_LIMITS,
  Jobs,
  noBulletin,
  openAccess,
  type ServedStore,
  type ServerContext,
  silentLog,
} from "@zarr-cache/server";
import {
  type CachedStoreOptions,
  IndexedCacheStorage,
  MemoryStoreIndex,
  MemoryStoreOpener,
  type SourceLike,
} from "zarr-cache";
import { ChunkCache } from "zarr-cache/node";
import { type FakeClock, fakeClock } from "zarr-cache/testing";

/** As long as the store's own ages allow. */
export const CACHING: ClientCaching = {
  clientMaxAge: Number.POSITIVE_INFINITY,
  cdnMaxAge: Number.POSITIVE_INFINITY,
  immutable: false,
  public: true,
};

/** How a test wants its server. */
export interface TestContextOptions extends Partial<ServerContext> {
  readonly served?: Partial<ServedStore>;
  readonly store?: CachedStoreOptions;
  readonly ticking?: FakeClock;
}

/** A context with one store `data` over a source, in memory, on a clock that stands still. */
export function testContext(source: SourceLike = new Map(), options: TestContextOptions = {}): ServerContext {
  const { served, store: storeOptions, ticking = fakeClock(), cache = inMemory(ticking), ...more } = options;
  const store = cache.wrap(source, "data", storeOptions);
  return {
    stores: new Map([["data", { id: "data", store, source, writable: false, caching: CACHING, ...served }]]),
    cache,
    access: openAccess,
    cors: "*",
    limits: DEFAULT_LIMITS,
    log: silentLog,
    clock: ticking.now,
    bulletin: noBulletin,
    jobs: new Jobs(noBulletin, ticking.now),
    requests: {},
    isDraining: () => false,
    closing: new AbortController().signal,
    onClose() {},
    ...more,
  };
}

function inMemory({ now }: FakeClock): ChunkCache {
  const index = new MemoryStoreIndex({ maxBytes: "64 MB", clock: now });
  return new ChunkCache(new IndexedCacheStorage(index, new MemoryStoreOpener()));
}
