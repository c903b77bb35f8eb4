import {
  IndexedCacheStorage,
  type IndexedCacheStorageOptions,
  MemoryStoreIndex,
  MemoryStoreOpener,
  type StoreIndex,
  TieredCacheStorage,
} from "zarr-cache";
import { ChunkCache } from "zarr-cache/node";
import { RedisStoreIndex, type RedisStoreIndexOptions } from "zarr-cache/redis";
import { S3StoreOpener, type S3StoreOpenerOptions } from "zarr-cache/s3";
import { configOf } from "../../support/s3-server.ts";

/** Where the servers of a cluster are, as one process reaches them. */
export interface ClusterPlace {
  /** URL of Redis. */
  readonly redis: string;
  readonly s3: {
    readonly endpoint: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  readonly bucket: string;
}

/** How a process opens its cache; only what can be sent to another process. */
export interface ClusterOptions {
  readonly maxBytes: number;
  /** Bytes of a memory tier above; default: none. */
  readonly memory?: number;
  readonly index?: Pick<RedisStoreIndexOptions, "deadline" | "coherence" | "lockAge" | "shards">;
  readonly opener?: Pick<S3StoreOpenerOptions, "timeout" | "deadline" | "retries">;
  readonly tier?: Pick<IndexedCacheStorageOptions, "deadline">;
}

/** What stands between the parts of a cache, for a test. */
export interface ClusterAssembly {
  monotonic?(): number;
  onWarning?(message: string): void;
  wrapIndex?(index: StoreIndex): StoreIndex;
}

/** Puts memory over an index in Redis and bytes in S3. */
export async function assembleCluster(
  place: ClusterPlace,
  { maxBytes, memory, index, opener, tier }: ClusterOptions,
  { monotonic, onWarning, wrapIndex = (it) => it }: ClusterAssembly = {},
): Promise<ChunkCache> {
  const { redis, s3, bucket } = place;
  const shared = new IndexedCacheStorage(
    wrapIndex(new RedisStoreIndex({ redis, namespace: "cluster", maxBytes, ...index })),
    new S3StoreOpener(`s3://${bucket}/cache/{store_id}.zarr`, {
      clientConfig: configOf({ ...s3, stop: async () => {} }),
      ...opener,
    }),
    { ...tier, ...(monotonic && { monotonic }) },
  );
  const storage =
    memory === undefined
      ? shared
      : new TieredCacheStorage([
          new IndexedCacheStorage(new MemoryStoreIndex({ maxBytes: memory }), new MemoryStoreOpener()),
          shared,
        ]);
  storage.on("warning", ({ message }) => onWarning?.(message));
  await storage.open();
  return new ChunkCache(storage);
}
