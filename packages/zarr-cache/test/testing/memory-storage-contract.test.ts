import { describe, it } from "vitest";
import { IndexedCacheStorage } from "../../src/indexed-cache-storage.ts";
import { MemoryStoreIndex } from "../../src/memory/memory-store-index.ts";
import { MemoryStoreOpener } from "../../src/memory/memory-store-opener.ts";
import { describeCacheStorage } from "../../src/testing/index.ts";

describeCacheStorage("IndexedCacheStorage in memory", {
  create: async ({ maxBytes, clock }) => {
    const index = new MemoryStoreIndex({ maxBytes, clock: clock.now });
    const storage = new IndexedCacheStorage(index, new MemoryStoreOpener(), {
      timers: clock.timers,
      monotonic: clock.now,
    });
    return { storage, dispose: async () => {} };
  },
  describe,
  it,
});
