import { randomUUID } from "node:crypto";
import { RedisStoreIndex, type RedisStoreIndexOptions } from "zarr-cache/redis";
import type { IndexTestOptions } from "zarr-cache/testing";

/** Indexes of one test. */
export interface RedisFixture {
  readonly index: RedisStoreIndex;
  reopen(): Promise<RedisStoreIndex>;
  second(): Promise<RedisStoreIndex>;
  dispose(): Promise<void>;
}

/** Makes the indexes of one test, in a namespace of their own. Waits longer than users would, for a busy machine. */
export async function redisFixture(
  redis: () => RedisStoreIndexOptions["redis"],
  options: Partial<RedisStoreIndexOptions> & IndexTestOptions,
): Promise<RedisFixture> {
  const namespace = randomUUID();
  const { shards = 1, maxBytes, maxEntries, ...rest } = options;
  // Each shard has its share; see `shares` of describeStoreIndex.
  const bounds = {
    maxBytes: maxBytes * shards,
    ...(maxEntries !== undefined && { maxEntries: maxEntries * shards }),
  };
  const open: RedisStoreIndex[] = [];
  const make = () => {
    const index = new RedisStoreIndex({
      redis: redis(),
      namespace,
      deadline: 5000,
      shards,
      ...rest,
      ...bounds,
    });
    open.push(index);
    return index;
  };
  return {
    index: make(),
    async reopen() {
      const index = make();
      await index.open();
      return index;
    },
    second: async () => make(),
    async dispose() {
      for (const index of open) await index.close();
    },
  };
}
