import { afterAll, beforeAll, describe, it } from "vitest";
import { describeStoreIndex } from "zarr-cache/testing";
import { hasRedis, type ReachableRedis, startRedis } from "../support/reachable-redis.ts";
import { redisFixture } from "./redis-fixture.ts";

describe.runIf(await hasRedis())("RedisStoreIndex on a single server", () => {
  let server: ReachableRedis;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  describeStoreIndex("RedisStoreIndex", {
    describe,
    it,
    scope: "cluster",
    persistent: true,
    create: (options) => redisFixture(() => server.url, options),
  });

  describeStoreIndex("RedisStoreIndex of four shards", {
    describe,
    it,
    scope: "cluster",
    persistent: true,
    shares: 4,
    create: (options) => redisFixture(() => server.url, { ...options, shards: 4 }),
  });
});
