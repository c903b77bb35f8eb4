import type { ReadableBucket } from "@zarr-cache/regions";
import fc from "fast-check";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import {
  CachedStore,
  IndexedCacheStorage,
  isZarrCacheError,
  MemoryStoreIndex,
  MemoryStoreOpener,
  TieredCacheStorage,
} from "zarr-cache";
import { RedisStoreIndex } from "zarr-cache/redis";
import { type NatsRegions, startNatsRegions } from "../support/nats-regions.ts";
import { hasRedisServer, type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { inStep, openRegionalCache, type RegionalCache } from "../support/regional-cache.ts";
import { testBucket } from "../support/s3-bucket.ts";
import { type S3Server, startFauxqs } from "../support/s3-server.ts";
import { until } from "../support/until.ts";

const REGIONS = ["fra", "iad", "sin"] as const;
const KEYS = ["/a/c/0", "/a/c/1", "/b/c/0"] as const;
const STEPS = Number(process.env["ZARR_CACHE_HISTORY_STEPS"] ?? 60);

type Name = (typeof REGIONS)[number];
type Key = (typeof KEYS)[number];

let nats: NatsRegions;
let s3: S3Server;

beforeAll(async () => {
  [nats, s3] = await Promise.all([startNatsRegions(...REGIONS), startFauxqs()]);
});

afterAll(() => Promise.all([nats.stop(), s3.stop()]));

/** A slow source of which every value tells its key and version, and which may be away. */
class VersionedSource {
  readonly versions = new Map<string, number>(KEYS.map((key) => [key, 1]));
  isAway = false;

  cost(): number {
    return 10_000;
  }

  async get(key: string): Promise<Uint8Array> {
    if (this.isAway) throw new Error("the source is away");
    return bytesOf(key, this.versions.get(key) ?? 0);
  }

  async set(key: string, value: Uint8Array): Promise<void> {
    this.versions.set(key, versionIn(key, value));
  }
}

function bytesOf(key: string, version: number): Uint8Array {
  const line = `${key} ${version}\n`;
  return new TextEncoder().encode(line.repeat(Math.ceil(2000 / line.length)));
}

/** The version that bytes are of; fails for bytes that no version of the key has. */
function versionIn(key: string, value: Uint8Array | undefined): number {
  const [, version = Number.NaN] = new TextDecoder().decode(value).split("\n", 1)[0]?.split(" ") ?? [];
  expect(value).toEqual(bytesOf(key, Number(version)));
  return Number(version);
}

interface Place {
  readonly cache: RegionalCache;
  readonly store: CachedStore;
  readonly redis: RedisServer;
}

/** Opens every region: memory over a Redis and a bucket of its own, and the buckets of the others to read from. */
async function openAll(source: VersionedSource, namespace: string): Promise<Record<Name, Place>> {
  const buckets = { fra: await testBucket(s3), iad: await testBucket(s3), sin: await testBucket(s3) };
  const open = async (region: Name): Promise<Place> => {
    const redis = await startRedisServer();
    onTestFinished(() => redis.stop());
    const index = new RedisStoreIndex({ redis: redis.url, namespace: region, maxBytes: "1 GB" });
    const tiers = new TieredCacheStorage([
      new IndexedCacheStorage(new MemoryStoreIndex(), new MemoryStoreOpener()),
      new IndexedCacheStorage(index, buckets[region].opener(), { deadline: "1m" }),
    ]);
    const others: Record<string, ReadableBucket> = {};
    for (const other of REGIONS) if (other !== region) others[other] = buckets[other].opener();
    const { url } = nats.region(region);
    const options = { region, nats: url, namespace, heartbeat: 100, name: region, buckets: others };
    const cache = await openRegionalCache(options, tiers);
    onTestFinished(() => cache.close());
    return { cache, store: new CachedStore(source, "data", cache.storage, { identity: "data" }), redis };
  };
  return { fra: await open("fra"), iad: await open("iad"), sin: await open("sin") };
}

const at = fc.constantFrom(...REGIONS);
const leaf = fc.constantFrom("iad" as const, "sin" as const);
const key = fc.constantFrom(...KEYS);
const step = fc.oneof(
  { weight: 16, arbitrary: fc.record({ do: fc.constant("read" as const), at, key }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom("write", "invalidate"), at, key }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom("cut", "mute", "deafen", "heal"), at: leaf, key }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("lose Redis" as const), at, key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart NATS" as const), at: leaf, key }) },
);

/** Whether something was done, or refused before anything was touched: an index or a NATS server has just begun anew. */
async function accepted(change: Promise<void>): Promise<boolean> {
  try {
    await change;
    return true;
  } catch (error) {
    expect(isZarrCacheError(error, "CacheUnavailableError"), String(error)).toBe(true);
    return false;
  }
}

/** Reads and writes in all regions, and what must hold of each read. */
class History {
  readonly #source: VersionedSource;
  readonly #places: Record<Name, Place>;
  /** The version that was last written in a region, or was the source's when it was dropped there: nobody reads an older one there. */
  readonly #floor = new Map<string, number>();
  #next = 1;

  constructor(source: VersionedSource, places: Record<Name, Place>) {
    this.#source = source;
    this.#places = places;
  }

  async read(name: Name, key: Key): Promise<number> {
    const version = versionIn(key, await this.#places[name].store.get(key));
    expect(version, `${key} at ${name}`).toBeGreaterThanOrEqual(this.#floor.get(`${name} ${key}`) ?? 1);
    expect(version).toBeLessThanOrEqual(this.#source.versions.get(key) ?? 0);
    return version;
  }

  /** Writes a new version, and reads it where it was written. */
  async write(name: Name, key: Key): Promise<void> {
    const version = ++this.#next;
    const isDone = await accepted(this.#places[name].store.set(key, bytesOf(key, version)));
    expect(this.#source.versions.get(key) === version).toBe(isDone);
    if (isDone) this.#floor.set(`${name} ${key}`, version);
    await this.read(name, key);
  }

  /** Drops a key, and reads what the source holds by now. */
  async invalidate(name: Name, key: Key): Promise<void> {
    const version = this.#source.versions.get(key) ?? 0;
    if (await accepted(this.#places[name].store.invalidate(key))) this.#floor.set(`${name} ${key}`, version);
    await this.read(name, key);
  }

  async disturb(what: string, name: Name): Promise<void> {
    const region = nats.region(name);
    if (what === "cut") region.cable?.stall();
    else if (what === "mute") region.cable?.stallOneWay("there");
    else if (what === "deafen") region.cable?.stallOneWay("back");
    else if (what === "heal") region.cable?.heal();
    else if (what === "lose Redis") await this.#places[name].redis.restart();
    else {
      await region.kill();
      await region.start();
    }
  }
}

/** Whether a region has carried out all that it holds in logs of drops. */
async function hasHeardAll({ storage }: RegionalCache): Promise<boolean> {
  const { link, region } = await storage.joined();
  for (const { kind, stream, sequence } of (await storage.member?.state())?.logs ?? []) {
    if (kind !== "drops") continue;
    const consumers = await link.manager.consumers.list(stream).next();
    if (consumers.length === 0) throw new Error(`nobody hears ${stream} at ${region}`);
    if (consumers.some(({ ack_floor }) => ack_floor.stream_seq < sequence)) return false;
  }
  return true;
}

test("after any faults all regions read what the source holds, and no read fails, goes back or is wrong", async () => {
  if (!(await hasRedisServer("the history of caches"))) return;
  const seed = Number(process.env["HISTORY_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`HISTORY_SEED=${seed}`);
  const length = { minLength: STEPS, maxLength: STEPS };
  const [steps = []] = fc.sample(fc.array(step, length), { numRuns: 1, seed });
  const source = new VersionedSource();
  const places = await openAll(source, `caches-${seed}`);
  await inStep(...Object.values(places).map(({ cache }) => cache));
  const history = new History(source, places);
  for (const { do: what, at: name, key } of steps) {
    if (what === "read") await history.read(name, key);
    else if (what === "write") await history.write(name, key);
    else if (what === "invalidate") await history.invalidate(name, key);
    else await history.disturb(what, name);
  }
  for (const name of REGIONS) nats.region(name).cable?.heal();
  const caches = Object.values(places).map(({ cache }) => cache);
  await inStep(...caches);
  for (const cache of caches) await until("it has heard all drops", () => hasHeardAll(cache));
  // The second read of each is kept, the third needs nobody.
  for (let round = 0; round < 3; round++) {
    for (const name of REGIONS)
      for (const key of KEYS) expect(await history.read(name, key)).toBe(source.versions.get(key));
    for (const { storage } of caches) await storage.idle();
    source.isAway = true;
  }
});
