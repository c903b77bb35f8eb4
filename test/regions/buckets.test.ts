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
  IndexedCacheStorage,
  MemoryStoreIndex,
  MemoryStoreOpener,
  type StoreOpener,
} from "zarr-cache";
import { type NatsRegions, startNatsRegions } from "../support/nats-regions.ts";
import { type TestBucket, testBucket } from "../support/s3-bucket.ts";
import { type S3Server, startFauxqs } from "../support/s3-server.ts";
import { until } from "../support/until.ts";

let nats: NatsRegions;
let s3: S3Server;

beforeAll(async () => {
  [nats, s3] = await Promise.all([startNatsRegions("fra", "iad"), startFauxqs()]);
});

afterAll(() => Promise.all([nats.stop(), s3.stop()]));

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

/** A region whose members serve nothing by HTTP: what it holds can be had from its bucket alone. */
async function open(
  region: string,
  namespace: string,
  opener: StoreOpener = new MemoryStoreOpener(),
  options: Partial<RegionalOptions> = {},
): Promise<RegionalCacheStorage> {
  const local = new IndexedCacheStorage(new MemoryStoreIndex(), opener, { deadline: "1m" });
  const { url } = nats.region(region);
  const storage = new RegionalCacheStorage(local, {
    region,
    nats: url,
    namespace,
    heartbeat: 100,
    ...options,
  });
  onTestFinished(() => storage.close());
  await storage.open();
  return storage;
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
  const fra = await open("fra", namespace, bucket.opener());
  const buckets = bucketsOf(bucket);
  const iad = await open("iad", namespace, undefined, {
    transferTimeout,
    ...(buckets && { buckets }),
  });
  const source = slowSource();
  const store = (storage: RegionalCacheStorage) =>
    new CachedStore(source, "data", storage, { identity: "data" });
  const here = store(fra);
  for (const key of ["/c/0", "/c/1"] as const) await here.get(key);
  await fra.idle();
  await until("the other region knows of it", async () => {
    const { logs = [] } = (await iad.member?.state()) ?? {};
    return logs.some(({ kind, region, sequence }) => kind === "parts" && region === "fra" && sequence === 2);
  });
  expect(source.reads).toEqual(["/c/0", "/c/1"]);
  return { source, bucket, iad, there: store(iad) };
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
