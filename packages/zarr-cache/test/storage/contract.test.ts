import { crc32 } from "node:zlib";
import { describe, it } from "vitest";
import { IndexedCacheStorage } from "../../src/indexed-cache-storage.ts";
import { MemoryStoreIndex } from "../../src/memory/memory-store-index.ts";
import { MemoryStoreOpener } from "../../src/memory/memory-store-opener.ts";
import { describeCacheStorage, type StorageTestOptions } from "../../src/testing/index.ts";
import { TieredCacheStorage } from "../../src/tiered-cache-storage.ts";

const tier = (maxBytes: number, { clock }: StorageTestOptions, isSealed: boolean): IndexedCacheStorage =>
  new IndexedCacheStorage(
    new MemoryStoreIndex({ maxBytes, clock: clock.now }),
    isSealed ? Object.assign(new MemoryStoreOpener(), { crc32 }) : new MemoryStoreOpener(),
    { timers: clock.timers, monotonic: clock.now },
  );

describeCacheStorage("IndexedCacheStorage over a sealed medium", {
  create: async (options) => ({ storage: tier(options.maxBytes, options, true), dispose: async () => {} }),
  describe,
  it,
});

describeCacheStorage("TieredCacheStorage", {
  create: async (options) => {
    const upper = tier(options.maxBytes, options, false);
    return {
      storage: new TieredCacheStorage([upper, tier(options.maxBytes, options, true)]),
      dispose: async () => {},
    };
  },
  describe,
  it,
});
