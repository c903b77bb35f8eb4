import { afterAll, beforeAll, describe, it } from "vitest";
import { describeStoreIndex } from "zarr-cache/testing";
import { hasRedisServer, type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { redisFixture } from "./redis-fixture.ts";

describe.runIf(await hasRedisServer())("RedisStoreIndex on a single server", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedisServer();
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
