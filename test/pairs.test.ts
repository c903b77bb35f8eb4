import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { createStorage } from "unstorage";
import memoryDriver from "unstorage/drivers/memory";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  CachedStore,
  IndexedCacheStorage,
  MemoryStoreIndex,
  MemoryStoreOpener,
  type StoreIndex,
  type StoreOpener,
} from "zarr-cache";
import { DiskStoreOpener, LmdbStoreIndex } from "zarr-cache/disk";
import { RedisStoreIndex } from "zarr-cache/redis";
import { checkInvariants, countingSource } from "zarr-cache/testing";
import { UnstorageStoreOpener } from "zarr-cache/unstorage";
import { hasRedis, type ReachableRedis, startRedis } from "./support/reachable-redis.ts";
import { testBucket } from "./support/s3-bucket.ts";
import { type S3Server, startFauxqs } from "./support/s3-server.ts";
import { temporaryDirectory } from "./support/temporary-directory.ts";

const KEYS = Array.from({ length: 40 }, (_, i) => `/c/${i}` as const);
const VALUE_BYTES = 20_000;
/** Holds half of the values. */
const MAX_BYTES = 400_000;
/** Longer than users would wait, for a busy machine. */
const PATIENT = { deadline: "1m", lockAge: "1m" } as const;

const isRedisThere = await hasRedis();

describe("any index goes with any opener", () => {
  let redis: ReachableRedis | undefined;
  let s3: S3Server;
  beforeAll(async () => {
    s3 = await startFauxqs();
    if (isRedisThere) redis = await startRedis();
  });
  afterAll(async () => {
    await s3.stop();
    await redis?.stop();
  });

  /** Each makes the same index again when it is called again. */
  const INDEXES: Readonly<Record<string, () => Promise<() => StoreIndex>>> = {
    memory: async () => () => new MemoryStoreIndex({ maxBytes: MAX_BYTES }),
    async LMDB() {
      const directory = await temporaryDirectory();
      return () => new LmdbStoreIndex(join(directory, "index"), { maxBytes: MAX_BYTES, ...PATIENT });
    },
    ...(isRedisThere && {
      async Redis() {
        const namespace = randomUUID();
        const url = (redis as ReachableRedis).url;
        return () => new RedisStoreIndex({ redis: url, namespace, maxBytes: MAX_BYTES, ...PATIENT });
      },
    }),
  };

  /** Each makes an opener of the same place again when it is called again. */
  const OPENERS: Readonly<Record<string, () => Promise<() => StoreOpener>>> = {
    async memory() {
      const opener = new MemoryStoreOpener();
      return () => opener;
    },
    async disk() {
      const directory = await temporaryDirectory();
      return () => new DiskStoreOpener(join(directory, "{store_id}"));
    },
    async S3() {
      const bucket = await testBucket(s3);
      return () => bucket.opener();
    },
    async unstorage() {
      const storage = createStorage({ driver: memoryDriver() });
      return () => new UnstorageStoreOpener(storage);
    },
  };

  const pairs = Object.keys(INDEXES).flatMap((index) =>
    Object.keys(OPENERS).map((opener) => [index, opener]),
  );

  it.each(pairs)("%s index, %s", async (indexName, openerName) => {
    const makeIndex = await (INDEXES[indexName as string] as () => Promise<() => StoreIndex>)();
    const makeOpener = await (OPENERS[openerName as string] as () => Promise<() => StoreOpener>)();
    const values = new Map(KEYS.map((key, i) => [key, new Uint8Array(VALUE_BYTES).fill(i)]));

    /** Reads everything twice, checks, and tells how many keys the source was asked for at first. */
    const life = async () => {
      const opener = makeOpener();
      const index = makeIndex();
      const storage = new IndexedCacheStorage(index, opener, { deadline: "1m" });
      const faults: unknown[] = [];
      storage.on("fault", ({ error }) => faults.push(error));
      await storage.open();
      const source = countingSource(values);
      const store = new CachedStore(source, "s", storage);
      for (const [key, value] of values) expect(isSame(await store.get(key), value)).toBe(true);
      await store.idle();
      const asked = source.requests.length;
      for (const [key, value] of values)
        expect(isSame(await store.getRange(key, { offset: 5, length: 9 }), value.subarray(5, 14))).toBe(true);
      await store.idle();
      expect(faults).toEqual([]);
      const usage = await storage.usage();
      expect(usage.entries).toBeGreaterThan(5);
      expect(usage.entries).toBeLessThan(KEYS.length);
      let stored = 0;
      for await (const _ of opener.names?.() ?? []) stored++;
      expect(stored).toBe(usage.entries);
      await checkInvariants(storage);
      await storage.close();
      return asked;
    };

    expect(await life()).toBe(KEYS.length);
    const again = await life();
    if (indexName === "memory") expect(again).toBe(KEYS.length);
    else expect(again).toBeLessThan(KEYS.length);
  });
});

function isSame(one: Uint8Array | undefined, other: Uint8Array): boolean {
  return one !== undefined && Buffer.compare(one, other) === 0;
}
