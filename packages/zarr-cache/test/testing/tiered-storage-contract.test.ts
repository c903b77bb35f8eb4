import { describe, it } from "vitest";
import { IndexedCacheStorage } from "../../src/indexed-cache-storage.ts";
import { MemoryStoreIndex } from "../../src/memory/memory-store-index.ts";
import { MemoryStoreOpener } from "../../src/memory/memory-store-opener.ts";
import { describeCacheStorage } from "../../src/testing/index.ts";
import { TieredCacheStorage } from "../../src/tiered-cache-storage.ts";

describeCacheStorage("TieredCacheStorage of two tiers in memory", {
  create: async ({ maxBytes, clock }) => {
    const tier = (name: string, bytes: number) =>
      new IndexedCacheStorage(
        new MemoryStoreIndex({ maxBytes: bytes, maxEntryBytes: bytes / 2, clock: clock.now }),
        new MemoryStoreOpener(),
        { tier: name, timers: clock.timers, monotonic: clock.now },
      );
    const storage = new TieredCacheStorage([tier("upper", maxBytes / 2), tier("lower", maxBytes)]);
    return { storage, dispose: async () => {} };
  },
  describe,
  it,
});
