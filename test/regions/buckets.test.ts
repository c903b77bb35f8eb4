import {
  CopyObjectCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { RegionalCacheStorage, type RegionalOptions } from "@zarr-cache/regions";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import {
  CachedStore,
  type CacheStorage,
  IndexedCacheStorage,
  MemoryStoreIndex,
  MemoryStoreOpener,
  type StoreOpener,
  TieredCacheStorage,
} from "zarr-cache";
import { RedisStoreIndex } from "zarr-cache/redis";
import { type NatsRegions, startNatsRegions } from "../support/nats-regions.ts";
import { hasRedisServer, startRedisServer } from "../support/redis-server.ts";
import { type TestBucket, testBucket } from "../support/s3-bucket.ts";
import { type S3Server, startFauxqs } from "../support/s3-server.ts";
import { until } from "../support/until.ts";

let nats: NatsRegions;
let s3: S3Server;

beforeAll(async () => {
  [nats, s3] = await Promise.all([startNatsRegions("fra", "iad"), startFauxqs()]);
});

afterAll(() => Promise.all([nats.stop(), s3.stop()]));

/** Milliseconds for the region's server: a process that loads the client of a bucket on a busy machine hears nothing for seconds. */
const PATIENT = 30_000;

const SIZE = 100_000;
const bytes = (value: number) => new Uint8Array(SIZE).fill(value);

/** A source that says that it is slow, and whose reads are counted. */
function slowSource() {
  const reads: string[] = [];
  return {
    reads,
    cost: () => 10_000,
    async get(key: string): Promise<Uint8Array> {
      reads.push(key);
      return bytes(Number(key.at(-1)));
    },
  };
}

function inMemory(opener: StoreOpener = new MemoryStoreOpener()): CacheStorage {
  return new IndexedCacheStorage(new MemoryStoreIndex(), opener, { deadline: "1m" });
}

/** A region whose members serve nothing by HTTP: what it holds can be had from its bucket alone. */
async function open(
  region: string,
  namespace: string,
  local: CacheStorage = inMemory(),
  options: Partial<RegionalOptions> = {},
): Promise<RegionalCacheStorage> {
  const { url } = nats.region(region);
  const storage = new RegionalCacheStorage(local, {
    region,
    nats: url,
    namespace,
    heartbeat: 100,
    deadline: PATIENT,
    ...options,
  });
  onTestFinished(() => storage.close());
  await storage.open();
  return storage;
}

function store(source: ReturnType<typeof slowSource>, storage: RegionalCacheStorage): CachedStore {
  return new CachedStore(source, "data", storage, { identity: "data" });
}

/** Waits until a region has what another one has announced. */
async function knows(
  storage: RegionalCacheStorage,
  other: string,
  there: RegionalCacheStorage,
  announced: number,
): Promise<void> {
  await there.idle();
  await until("the other region knows of it", async () => {
    const { logs = [] } = (await storage.member?.state()) ?? {};
    return logs.some((log) => log.kind === "parts" && log.region === other && log.sequence === announced);
  });
}

interface Case {
  readonly source: ReturnType<typeof slowSource>;
  readonly bucket: TestBucket;
  readonly iad: RegionalCacheStorage;
  readonly there: CachedStore;
}

/** Frankfurt has read two chunks into its bucket, and Virginia, which may be given the bucket, knows of it. */
async function twoRegions(
  namespace: string,
  bucketsOf: (bucket: TestBucket) => RegionalOptions["buckets"] = (bucket) => ({ fra: bucket.opener() }),
  transferTimeout = 60_000,
): Promise<Case> {
  const bucket = await testBucket(s3);
  const fra = await open("fra", namespace, inMemory(bucket.opener()));
  const buckets = bucketsOf(bucket);
  const iad = await open("iad", namespace, undefined, {
    transferTimeout,
    ...(buckets && { buckets }),
  });
  const source = slowSource();
  const here = store(source, fra);
  for (const key of ["/c/0", "/c/1"] as const) await here.get(key);
  await knows(iad, "fra", fra, 2);
  expect(source.reads).toEqual(["/c/0", "/c/1"]);
  return { source, bucket, iad, there: store(source, iad) };
}

/** The keys of the two objects. */
async function objectsOf({ client, name }: TestBucket): Promise<readonly [string, string]> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: name }));
  expect(Contents).toHaveLength(2);
  return Contents.map(({ Key }) => Key) as [string, string];
}

test("what another region holds comes out of its bucket, where that bucket was given", async () => {
  const { source, iad, there } = await twoRegions("given");
  expect(await there.get("/c/0")).toEqual(bytes(0));
  expect(await there.get("/c/1")).toEqual(bytes(1));
  expect(source.reads).toHaveLength(2);
  expect(iad.elsewhereStatistics()).toMatchObject({ reads: 2, fromBuckets: 2, bytes: 2 * SIZE, failures: 0 });
});

test("a bucket that was not given is not read, whatever is announced", async () => {
  const { source, iad, there } = await twoRegions("not-given", () => undefined);
  expect(await there.get("/c/0")).toEqual(bytes(0));
  expect(source.reads).toHaveLength(3);
  expect(iad.elsewhereStatistics()).toMatchObject({ reads: 0, fromBuckets: 0, failures: 0 });
});

test("objects that were changed, or are those of another part, are not taken", async () => {
  const { source, bucket, iad, there } = await twoRegions("changed");
  const [first, second] = await objectsOf(bucket);
  const { client, name } = bucket;
  // The seal goes along with the copy: it names another part.
  await client.send(new CopyObjectCommand({ Bucket: name, Key: second, CopySource: `${name}/${first}` }));
  expect([await there.get("/c/0"), await there.get("/c/1")]).toEqual([bytes(0), bytes(1)]);
  expect(iad.elsewhereStatistics()).toMatchObject({ fromBuckets: 1, failures: 1 });
  await client.send(new PutObjectCommand({ Bucket: name, Key: first, Body: bytes(7) }));
  await iad.invalidate("none", "/");
  expect([await there.get("/c/0"), await there.get("/c/1")]).toEqual([bytes(0), bytes(1)]);
  expect(source.reads.length).toBeLessThanOrEqual(4);
  expect(source.reads.length).toBeGreaterThan(2);
});

test("an object that is gone costs no answer", async () => {
  const { source, bucket, iad, there } = await twoRegions("gone");
  for (const Key of await objectsOf(bucket))
    await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key }));
  expect(await there.get("/c/0")).toEqual(bytes(0));
  expect(source.reads).toHaveLength(3);
  expect(iad.elsewhereStatistics()).toMatchObject({ reads: 0, gone: 1, failures: 0 });
});

test("a bucket that refuses, or never answers, costs no answer", async () => {
  const refusing = { medium: "s3", read: () => Promise.reject(new Error("no such credentials")) };
  const one = await twoRegions("refusing", () => ({ fra: refusing }));
  expect(await one.there.get("/c/0")).toEqual(bytes(0));
  expect(one.source.reads).toHaveLength(3);
  const silent = { medium: "s3", read: () => new Promise<never>(() => {}) };
  const other = await twoRegions("silent", () => ({ fra: silent }), 100);
  expect(await other.there.get("/c/0")).toEqual(bytes(0));
  expect(other.source.reads).toHaveLength(3);
  for (const { iad } of [one, other])
    expect(iad.elsewhereStatistics()).toMatchObject({ fromBuckets: 0, failures: 1 });
});

test("regions with Redis and a bucket each read out of each other's buckets", async () => {
  if (!(await hasRedisServer("the test of regions"))) return;
  const redis = await startRedisServer();
  onTestFinished(() => redis.stop());
  const buckets = { fra: await testBucket(s3), iad: await testBucket(s3) };
  const openTiers = (region: "fra" | "iad", other: "fra" | "iad") => {
    const index = new RedisStoreIndex({ redis: redis.url, namespace: region, maxBytes: "1 GB" });
    const local = new TieredCacheStorage([
      new IndexedCacheStorage(new MemoryStoreIndex(), new MemoryStoreOpener()),
      new IndexedCacheStorage(index, buckets[region].opener(), { deadline: "1m" }),
    ]);
    return open(region, "tiers", local, { buckets: { [other]: buckets[other].opener() } });
  };
  const [fra, iad] = [await openTiers("fra", "iad"), await openTiers("iad", "fra")];
  const source = slowSource();
  const [here, there] = [store(source, fra), store(source, iad)];
  await here.get("/c/0");
  await there.get("/c/1");
  await knows(iad, "fra", fra, 1);
  await knows(fra, "iad", iad, 1);
  // The second read of each is kept, and the third answered by the region itself.
  for (let n = 0; n < 3; n++) {
    expect(await there.get("/c/0")).toEqual(bytes(0));
    expect(await here.get("/c/1")).toEqual(bytes(1));
    await Promise.all([fra.idle(), iad.idle()]);
  }
  expect(source.reads).toEqual(["/c/0", "/c/1"]);
  for (const storage of [fra, iad])
    expect(storage.elsewhereStatistics()).toMatchObject({ reads: 2, fromBuckets: 2, failures: 0 });
});
