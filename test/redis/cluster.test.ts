import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeStoreIndex } from "zarr-cache/testing";
import { nextTurn } from "../support/event-loop.ts";
import { type RedisCluster, startRedisCluster } from "../support/redis-cluster.ts";
import { hasRedisServer } from "../support/redis-server.ts";
import { fillPart, whole } from "./fill-part.ts";
import { redisFixture } from "./redis-fixture.ts";

const SHARDS = 4;

describe.runIf(await hasRedisServer())("RedisStoreIndex on a Cluster", () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster.stop());

  describeStoreIndex("RedisStoreIndex", {
    describe,
    it,
    scope: "cluster",
    persistent: true,
    shares: SHARDS,
    create: (options) => redisFixture(() => cluster.client, { ...options, shards: SHARDS }),
  });

  it("goes on while the slot of a shard moves to another server", async () => {
    const clock = () => 1e12;
    const bounds = { maxBytes: 1e9, maxEntryBytes: 1e8, clock };
    const { index, dispose } = await redisFixture(() => cluster.client, {
      ...bounds,
      shards: SHARDS,
      namespace: "moving",
    });
    try {
      await index.open();
      await index.markClean();
      const keys = Array.from({ length: 50 }, (_, i) => `/c/${i}`);
      for (const key of keys) await fillPart(index, whole(key));
      let isMoving = true;
      const reading = (async () => {
        let reads = 0;
        for (; isMoving; reads++)
          await index.lookup(whole(keys[reads % keys.length] as string)).catch(() => {});
        return reads;
      })();
      for (let shard = 0; shard < SHARDS; shard++) await cluster.moveSlotOf(`{zc:moving:${shard}}:e`);
      isMoving = false;
      expect(await reading).toBeGreaterThan(0);
      for (const key of keys) expect(await index.lookup(whole(key)), key).toBeDefined();
      await fillPart(index, whole("/after"));
      await index.invalidate("s", "/c/");
      for (const key of keys) expect(await index.peek(whole(key)), key).toBeUndefined();
      expect(await index.verify({ repair: false })).toEqual([]);
    } finally {
      await dispose();
    }
  });
});

describe.runIf(await hasRedisServer())("RedisStoreIndex on a Cluster with replicas", () => {
  it("goes on after a failover, and drops again what was dropped just before", async () => {
    const cluster = await startRedisCluster(1);
    const { index, second, dispose } = await redisFixture(() => cluster.client, {
      maxBytes: 1e9,
      maxEntryBytes: 1e8,
      clock: () => 1e12,
      shards: 1,
      namespace: "failing",
      deadline: 1000,
    });
    try {
      const other = await second();
      for (const each of [index, other]) await each.open();
      await index.markClean();
      await fillPart(index, whole("/a"));
      await fillPart(index, whole("/b"));
      await index.invalidate("s", "/a");
      const start = other.changes(undefined).cursor;
      const { epoch } = await index.open();
      // Replication is asynchronous: only what a replica has is there after the failover.
      await cluster.replicate("{zc:failing:0}:e");
      await (await cluster.serverOf("{zc:failing:0}:e")).kill();
      const answers = () =>
        index.peek(whole("/b")).then(
          () => true,
          () => false,
        );
      while (!(await answers())) await nextTurn();
      // A look-up of the others brings them to a new epoch behind it, so this one tells that there is none.
      expect(await index.peek(whole("/b"))).toBeDefined();
      expect((await index.open()).epoch).toBe(epoch);
      expect(await index.peek(whole("/a"))).toBeUndefined();
      // Everything is lost, or what was dropped is told again: either way a copy above goes.
      const told = async () => {
        await index.usage().catch(() => {});
        const changes = other.changes(start);
        return changes.lost || changes.paths.some(({ path }) => path === "/a");
      };
      while (!(await told())) await nextTurn();
      await fillPart(index, whole("/c"));
      expect(await other.peek(whole("/c"))).toBeDefined();
    } finally {
      await dispose();
      await cluster.stop();
    }
  });
});
