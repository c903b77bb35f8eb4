import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RedisError, RedisStoreIndex, type RedisStoreIndexOptions } from "zarr-cache/redis";
import { hasRedisServer, type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { fillPart, whole } from "./fill-part.ts";

const SECRET = "hunter2-secret";

/** Opens an index and closes it; tells the error that it was refused with. */
async function refusal(options: Partial<RedisStoreIndexOptions>): Promise<unknown> {
  const index = new RedisStoreIndex({
    redis: "redis://127.0.0.1:1",
    namespace: "n",
    maxBytes: "1 MB",
    deadline: 1000,
    ...options,
  });
  try {
    await index.open();
    return undefined;
  } catch (error) {
    return error;
  } finally {
    await index.close();
  }
}

describe.runIf(await hasRedisServer())("RedisStoreIndex says why it cannot be opened", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedisServer();
  });
  afterAll(() => server.stop());

  it("a server that is not there", async () => {
    const error = await refusal({ redis: `redis://user:${SECRET}@127.0.0.1:1` });
    expect(error).toMatchObject({ tag: "RedisError", reason: "unreachable" });
    expect(textOf(error)).not.toContain(SECRET);
  });

  it("a wrong password, which is not told", async () => {
    const guarded = await startRedisServer("--requirepass", "right");
    try {
      for (const who of [`:${SECRET}@`, `somebody:${SECRET}@`, ""]) {
        const error = await refusal({ redis: `redis://${who}127.0.0.1:${guarded.port}` });
        expect(error, who).toMatchObject({ tag: "RedisError", reason: "auth" });
        expect(textOf(error)).not.toContain(SECRET);
      }
    } finally {
      await guarded.stop();
    }
  });

  it("a replica, which cannot be written", async () => {
    const replica = await startRedisServer("--replicaof", "127.0.0.1", String(server.port));
    try {
      while (!/master_link_status:up/.test(await replica.admin.info("replication")));
      expect(await refusal({ redis: replica.url })).toMatchObject({ reason: "readonly" });
    } finally {
      await replica.stop();
    }
  });

  it("a Redis that is too old", async () => {
    const info = "redis_version:6.0.16\r\nrun_id:1\r\nloading:0\r\n";
    const old = createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (chunk) => {
        for (const command of chunk.toString().split(/(?=\*\d+\r\n)/))
          socket.write(/info/i.test(command) ? `$${info.length}\r\n${info}\r\n` : "+OK\r\n");
      });
    }).listen(0, "127.0.0.1");
    await once(old, "listening");
    try {
      const { port } = old.address() as AddressInfo;
      const error = await refusal({ redis: `redis://127.0.0.1:${port}` });
      expect(error).toMatchObject({ tag: "RedisError", reason: "version" });
      expect(textOf(error)).toMatch(/6\.0\.16 is too old; .*6\.2/);
    } finally {
      old.close();
    }
  });

  it("another number of shards, naming both", async () => {
    expect(await refusal({ redis: server.url, namespace: "sharded", shards: 4 })).toBeUndefined();
    const error = await refusal({ redis: server.url, namespace: "sharded", shards: 2 });
    expect(error).toMatchObject({ tag: "InvalidOptionError", option: "shards" });
    expect(textOf(error)).toMatch(/is 2.*allowed: 4/);
  });

  it("a newer format, naming both", async () => {
    expect(await refusal({ redis: server.url, namespace: "newer" })).toBeUndefined();
    const head = (await server.admin.hgetBuffer("{zc:newer:0}:g", "h")) as Buffer;
    head.writeDoubleLE(7, 16);
    await server.admin.hset("{zc:newer:0}:g", "h", head);
    const error = await refusal({ redis: server.url, namespace: "newer" });
    expect(error).toMatchObject({ tag: "CacheFormatError", found: 7, supported: 3 });
  });

  it("an older format not at all: it begins anew", async () => {
    expect(await refusal({ redis: server.url, namespace: "older" })).toBeUndefined();
    const head = (await server.admin.hgetBuffer("{zc:older:0}:g", "h")) as Buffer;
    head.writeDoubleLE(1, 16);
    await server.admin.hset("{zc:older:0}:g", "h", head.subarray(0, head.length - 16));
    expect(await refusal({ redis: server.url, namespace: "older" })).toBeUndefined();
    const anew = (await server.admin.hgetBuffer("{zc:older:0}:g", "h")) as Buffer;
    expect([anew.length, anew.readDoubleLE(16)]).toEqual([head.length, 3]);
    expect(anew.subarray(0, 16)).not.toEqual(head.subarray(0, 16));
  });

  it("warns once of a Redis that may evict by itself", async () => {
    await server.admin.config("SET", "maxmemory-policy", "allkeys-lru");
    const warnings: string[] = [];
    try {
      await refusal({
        redis: server.url,
        namespace: "warned",
        onWarning: (message) => warnings.push(message),
      });
    } finally {
      await server.admin.config("SET", "maxmemory-policy", "noeviction");
    }
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("allkeys-lru");
  });

  it("a Redis without memory: fills fail with a reason, look-ups go on, and all is well once there is some", async () => {
    const index = new RedisStoreIndex({
      redis: server.url,
      namespace: "oom",
      maxBytes: "1 MB",
      deadline: 1000,
    });
    try {
      await index.open();
      await index.markClean();
      await fillPart(index, whole("/a"));
      await server.admin.config("SET", "maxmemory", "1mb");
      const error = await fillPart(index, whole("/b")).catch((it: unknown) => it);
      expect(error).toBeInstanceOf(RedisError);
      expect(error).toMatchObject({ reason: "memory" });
      expect(await index.lookup(whole("/a"))).toBeDefined();
      await server.admin.config("SET", "maxmemory", "0");
      await fillPart(index, whole("/b"));
      expect(await index.verify({ repair: false })).toEqual([]);
    } finally {
      await server.admin.config("SET", "maxmemory", "0");
      await index.close();
    }
  });
});

/** Everything that a log would show of an error, its causes included. */
function textOf(error: unknown): string {
  return error instanceof Error
    ? `${error.stack} ${JSON.stringify(error)} ${textOf(error.cause)}`
    : String(error);
}
