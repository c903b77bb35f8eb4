import { randomUUID } from "node:crypto";
import { CreateBucketCommand, type S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, it } from "vitest";
import { IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener, TieredCacheStorage } from "zarr-cache";
import { S3StoreOpener } from "zarr-cache/s3";
import { describeCacheStorage, type StorageTestOptions } from "zarr-cache/testing";
import { hasRedis, type ReachableRedis, startRedis } from "../support/reachable-redis.ts";
import { clientOf, configOf, type S3Server, startFauxqs } from "../support/s3-server.ts";
import { redisFixture } from "./redis-fixture.ts";

describe.runIf(await hasRedis())("tiers over Redis and S3", () => {
  const bucket = `contract-${randomUUID()}`;
  let redis: ReachableRedis;
  let s3: S3Server;
  let client: S3Client;
  beforeAll(async () => {
    [redis, s3] = await Promise.all([startRedis(), startFauxqs()]);
    client = clientOf(s3);
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  });
  afterAll(async () => {
    client.destroy();
    await Promise.all([redis.stop(), s3.stop()]);
  });

  /** A tier in a place of its own. */
  async function makeTier({ maxBytes, clock }: StorageTestOptions) {
    const { index, dispose } = await redisFixture(() => redis.url, {
      maxBytes,
      maxEntryBytes: maxBytes / 4,
      clock: clock.now,
    });
    // The place is new: nothing is left of an earlier index.
    await index.open();
    await index.markClean();
    const opener = new S3StoreOpener(`s3://${bucket}/${randomUUID()}/{store_id}.zarr`, {
      clientConfig: configOf(s3),
    });
    const options = { timers: clock.timers, monotonic: clock.now };
    return { storage: new IndexedCacheStorage(index, opener, options), dispose };
  }

  describeCacheStorage("IndexedCacheStorage over Redis and S3", { describe, it, create: makeTier });

  describeCacheStorage("TieredCacheStorage of memory over Redis and S3", {
    describe,
    it,
    async create(options) {
      const { clock, maxBytes } = options;
      const { storage: lower, dispose } = await makeTier(options);
      const upper = new IndexedCacheStorage(
        new MemoryStoreIndex({ maxBytes: maxBytes / 2, maxEntryBytes: maxBytes / 4, clock: clock.now }),
        new MemoryStoreOpener(),
        { timers: clock.timers, monotonic: clock.now },
      );
      return { storage: new TieredCacheStorage([upper, lower]), dispose };
    },
  });
});
