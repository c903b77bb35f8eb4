import { onTestFinished } from "vitest";
import { CachedStore, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import { openCache } from "zarr-cache/node";
import type { Readable } from "zarrita";
import { testBucket } from "./s3-bucket.ts";
import { startFauxqs } from "./s3-server.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** A cache to run a test over; closed when the test has ended. */
export interface TestCache {
  wrap(source: Readable, storeId: string): CachedStore;
}

/** The kinds of cache that every reader should be able to use without noticing. */
export const CACHES: Readonly<Record<string, () => Promise<TestCache>>> = {
  async memory() {
    const storage = new IndexedCacheStorage(
      new MemoryStoreIndex({ maxBytes: "200 MB" }),
      new MemoryStoreOpener(),
    );
    onTestFinished(() => storage.close());
    return { wrap: (source, storeId) => new CachedStore(source, storeId, storage) };
  },
  async "memory over disk"() {
    const cache = await openCache(await temporaryDirectory(), { maxBytes: "200 MB" });
    onTestFinished(() => cache.close());
    return cache;
  },
  async S3() {
    const server = await startFauxqs();
    onTestFinished(() => server.stop());
    const { opener } = await testBucket(server);
    const index = new MemoryStoreIndex({ maxBytes: "200 MB" });
    const storage = new IndexedCacheStorage(index, opener(), { deadline: "1m" });
    onTestFinished(() => storage.close());
    return { wrap: (source, storeId) => new CachedStore(source, storeId, storage) };
  },
};
