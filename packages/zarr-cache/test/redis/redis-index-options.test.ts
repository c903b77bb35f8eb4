import { describe, expect, it } from "vitest";
import * as redis from "zarr-cache/redis";
import { RedisStoreIndex, type RedisStoreIndexOptions } from "zarr-cache/redis";

const GOOD: RedisStoreIndexOptions = { redis: "redis://127.0.0.1", namespace: "n", maxBytes: "1 GB" };

describe("zarr-cache/redis", () => {
  it("exports what is listed here and nothing else", () => {
    expect(Object.keys(redis).sort()).toEqual(["RedisBudgetLedger", "RedisError", "RedisStoreIndex"]);
  });

  it("takes an eighth of a shard's share as the largest entry", () => {
    expect(new RedisStoreIndex(GOOD).maxEntryBytes).toBe(1e9 / 8);
    expect(new RedisStoreIndex({ ...GOOD, shards: 4 }).maxEntryBytes).toBe(1e9 / 32);
    const cluster = { isCluster: true, duplicate: () => undefined };
    expect(new RedisStoreIndex({ ...GOOD, redis: cluster }).maxEntryBytes).toBe(1e9 / 128);
  });

  it.each([
    ["redis", 7],
    ["redis", "127.0.0.1"],
    ["redis", {}],
    ["namespace", ""],
    ["namespace", "a{b}"],
    ["maxBytes", -1],
    ["maxEntries", 0.5],
    ["shards", 0],
    ["shards", 257],
    ["policy", "fifo"],
    ["policy", () => 1],
    ["deadline", "soon"],
    ["quotas", { a: -1 }],
    ["onWarning", 1],
    ["surprise", 1],
  ])("rejects %s = %j", (option, value) => {
    const options = { ...GOOD, [option]: value } as RedisStoreIndexOptions;
    expect(() => new RedisStoreIndex(options)).toThrow(
      expect.objectContaining({
        tag: "InvalidOptionError",
        option: expect.stringContaining(option) as unknown,
      }),
    );
  });

  it("does not show the password of a URL that it rejects", () => {
    const options = { ...GOOD, redis: "http://user:hunter2@host" };
    expect(() => new RedisStoreIndex(options)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("hunter2") as unknown }),
    );
  });
});
