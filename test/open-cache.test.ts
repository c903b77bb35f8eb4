import { randomUUID } from "node:crypto";
import { CreateBucketCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type OpenCacheOptions, openCache } from "zarr-cache/node";
import { countingSource } from "zarr-cache/testing";
import { directorySizeAtOnce } from "./processes/support/directory-size.ts";
import { hasRedisServer, type RedisServer, startRedisServer } from "./support/redis-server.ts";
import { clientOf, configOf, type S3Server, startFauxqs } from "./support/s3-server.ts";
import { temporaryDirectory } from "./support/temporary-directory.ts";

const VALUES = new Map([
  ["/a", Uint8Array.of(1, 2, 3)],
  ["/b", new Uint8Array(100_000).fill(7)],
]);
/** Longer than users would wait, for a busy machine. */
const PATIENT = { deadline: "1m", lockAge: "1m", maxBytes: "10 MB" } as const;

describe.runIf(await hasRedisServer())("openCache with an index in Redis", () => {
  let redis: RedisServer;
  let s3: S3Server;
  beforeAll(async () => {
    redis = await startRedisServer();
    s3 = await startFauxqs();
  });
  afterAll(async () => {
    await redis.stop();
    await s3.stop();
  });

  async function emptyBucket() {
    const bucket = `test-${randomUUID()}`;
    const client = clientOf(s3);
    onTestFinished(() => client.destroy());
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    return { bucket, client };
  }

  async function open(location: string, options: OpenCacheOptions) {
    const cache = await openCache(location, options);
    onTestFinished(() => cache.close());
    return cache;
  }

  /** One fills, another reads: from the place below, since its own memory is empty. */
  async function expectShared(location: string, options: OpenCacheOptions) {
    const one = await open(location, options);
    const source = countingSource(VALUES);
    const store = one.wrap(source, "era5");
    for (const [key, value] of VALUES) expect(await store.get(key as "/a")).toEqual(value);
    await one.idle();
    const two = await open(location, options);
    const silent = countingSource(new Map());
    const other = two.wrap(silent, "era5");
    for (const [key, value] of VALUES) expect(await other.get(key as "/a")).toEqual(value);
    expect(silent.requests).toEqual([]);
    await other.invalidate("/a");
    expect(await two.usage("era5")).toMatchObject({ entries: 1, maxBytes: 10e6 });
    expect(await two.verify()).toMatchObject({ lost: 0, corrupt: 0, orphans: 0, accounting: [] });
    expect(two.storage.tierStatistics().map(({ tier }) => tier)).toEqual(
      options.memory === false
        ? [location.startsWith("s3:") ? "s3" : "disk"]
        : ["memory", location.startsWith("s3:") ? "s3" : "disk"],
    );
  }

  it.each([{ clientConfig: true }, { client: true }, { memory: false as const, clientConfig: true }])(
    "is one cache for all who open the bucket: %j",
    async ({ clientConfig, client: given, ...options }) => {
      const { bucket, client } = await emptyBucket();
      await expectShared(`s3://${bucket}/chunks`, {
        ...PATIENT,
        ...options,
        index: redis.url,
        shards: 2,
        ...(clientConfig && { clientConfig: configOf(s3) }),
        ...(given && { client }),
      });
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
      expect(Contents.map(({ Key }) => Key)).toEqual([
        expect.stringMatching(/^chunks\/era5\.zarr\/..\/\w{40}$/),
      ]);
    },
  );

  it("is one cache for all who open the directory", async () => {
    await expectShared(await temporaryDirectory(), {
      ...PATIENT,
      index: redis.admin,
      namespace: randomUUID(),
    });
  });

  it("keeps a directory within the budget, with the directories of its stores", async () => {
    const directory = await temporaryDirectory();
    const maxBytes = 48e6;
    const cache = await open(directory, {
      ...PATIENT,
      index: redis.url,
      namespace: randomUUID(),
      memory: false,
      maxBytes,
      maxEntryBytes: "1 MB",
    });
    const source = { get: async () => new Uint8Array(100_000) };
    // Each of them takes 18 blocks before it holds anything.
    const stores = Array.from({ length: 18 }, (_, i) => cache.wrap(source, `store-${i}`));
    let last = 0;
    let key = 0;
    // Until something has to go, in small steps at the end.
    for (;;) {
      const { bytes, evictions } = await cache.usage();
      if (evictions > 0) break;
      last = Math.max(last, directorySizeAtOnce(directory));
      const name = `/${key++}` as const;
      const some = bytes < 0.9 * maxBytes ? stores : stores.slice(0, 1);
      await Promise.all(some.map((store) => store.get(name)));
      await cache.idle();
    }
    expect(last).toBeLessThanOrEqual(maxBytes);
    expect(last, "it was full").toBeGreaterThan(0.97 * maxBytes);
    expect(await cache.usage()).toMatchObject({ maxBytes });
  });

  it("opens while Redis is down, and uses it once it is there", async () => {
    const down = await startRedisServer();
    onTestFinished(() => down.stop());
    await down.kill();
    const { bucket, client } = await emptyBucket();
    const warnings: string[] = [];
    const cache = await open(`s3://${bucket}`, {
      index: down.url,
      maxBytes: "10 MB",
      memory: false,
      client,
      onWarning: (message) => warnings.push(message),
    });
    const source = countingSource(VALUES);
    const store = cache.wrap(source, "era5");
    expect(await store.get("/a")).toEqual(VALUES.get("/a"));
    expect(warnings).toEqual([expect.stringMatching(/s3 tier is not used yet.*Redis cannot be reached/)]);
    await down.restart();
    while ((await cache.usage().catch(() => undefined)) === undefined);
    do {
      expect(await store.get("/a")).toEqual(VALUES.get("/a"));
      await cache.idle();
    } while ((await cache.usage()).entries === 0);
  });

  it("rejects where it can never be used, and says what to do", async () => {
    const { bucket } = await emptyBucket();
    const options = { index: redis.url, maxBytes: "10 MB", clientConfig: configOf(s3) };
    await expect(openCache("s3://no-such-bucket/chunks", options)).rejects.toMatchObject({
      tag: "BucketError",
      message: expect.stringContaining("create it"),
    });
    const guarded = await startRedisServer("--requirepass", "right");
    onTestFinished(() => guarded.stop());
    const wrong = { ...options, index: `redis://:hunter2@127.0.0.1:${guarded.port}` };
    const error: unknown = await openCache(`s3://${bucket}`, wrong).catch((it: unknown) => it);
    expect(error).toMatchObject({ tag: "RedisError", reason: "auth" });
    expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain("hunter2");
  });
});
