/**
 * A process that reads keys through a directory over Redis, and tells what it read and what it asked its source for.
 * Message: {@link ReadOverRedis}; answer: {@link ReadOverRedisAnswer}. It goes on until it is killed.
 */
import { IndexedCacheStorage, TieredCacheStorage } from "zarr-cache";
import { DiskStoreOpener, LmdbStoreIndex } from "zarr-cache/disk";
import { ChunkCache } from "zarr-cache/node";
import { RedisStoreIndex } from "zarr-cache/redis";
import { recording } from "./recording-source.ts";

export interface ReadOverRedis {
  /** URL of Redis. */
  readonly redis: string;
  /** The directory that this process has above Redis; none: it reads Redis' tier alone. */
  readonly directory?: string;
  /** Where the bytes of Redis' tier are. */
  readonly shared: string;
  readonly keys: readonly string[];
  /** The value of every key, as text. */
  readonly value: string;
  /** Dropped first, before anything is read. */
  readonly invalidate?: string;
}

export interface ReadOverRedisAnswer {
  readonly values: readonly string[];
  /** Keys that the source was asked for. */
  readonly reads: readonly string[];
  /** Reads that the directory answered. */
  readonly directoryHits: number;
}

/** Deadlines that a busy machine does not reach. */
const deadline = "30s";

process.on("message", async (order: ReadOverRedis) => {
  const { redis, directory, shared, keys, value, invalidate } = order;
  const lowest = new IndexedCacheStorage(
    new RedisStoreIndex({ redis, namespace: "lasting", maxBytes: "1 MB", deadline, coherence: "1m" }),
    new DiskStoreOpener(`${shared}/{store_id}`),
    { deadline },
  );
  const own =
    directory &&
    new IndexedCacheStorage(
      new LmdbStoreIndex(directory, { maxBytes: "1 MB" }),
      new DiskStoreOpener(`${directory}/{store_id}`),
      { deadline },
    );
  const storage = own ? new TieredCacheStorage([own, lowest]) : lowest;
  await storage.open();
  const cache = new ChunkCache(storage);
  const source = recording({ get: async () => new TextEncoder().encode(value) });
  const store = cache.wrap(source, "data");
  if (invalidate !== undefined) await store.invalidate(invalidate);
  const values: string[] = [];
  for (const key of keys) values.push(new TextDecoder().decode(await store.get(key as `/${string}`)));
  await store.idle();
  const [first] = storage.tierStatistics();
  const directoryHits = own ? (first?.hits ?? 0) : 0;
  process.send?.({ values, reads: source.reads, directoryHits } satisfies ReadOverRedisAnswer);
});
process.send?.("ready");
