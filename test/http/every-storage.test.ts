import { describe, expect, it, onTestFinished } from "vitest";
import { CachedStore, type CacheStorage } from "zarr-cache";
import { HttpSource } from "zarr-cache/http";
import * as zarr from "zarrita";
import { assembleCluster } from "../cluster/support/assemble-cluster.ts";
import { PATIENT, startCluster } from "../cluster/support/cluster.ts";
import { makeOrigin } from "../processes/support/origin.ts";
import { randomNumbers } from "../processes/support/random-numbers.ts";
import { hashValues } from "../support/checksums.ts";
import { type DataSet, fixture } from "../support/data-sets.ts";
import { openPatientCache } from "../support/patient-cache.ts";
import { hasRedisServer } from "../support/redis-server.ts";
import { scriptedOrigin } from "../support/scripted-origin.ts";
import { flaky, serveFiles } from "../support/served-files.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** Opens the same cache as often as it is called, as further processes would. */
type Open = () => Promise<CacheStorage>;

const STORAGES: Readonly<Record<string, () => Promise<Open>>> = {
  "memory over disk": async () => {
    const directory = await temporaryDirectory();
    return async () => (await openPatientCache(directory)).storage;
  },
  "memory over Redis and S3": async () => {
    const { place } = await startCluster(makeOrigin(0, 0));
    const options = { ...PATIENT, maxBytes: 200_000_000, memory: 100_000_000 };
    return async () => (await assembleCluster(place, options)).storage;
  },
};

/** Reads all arrays, checks their values, waits until they are kept, and closes the storage. */
async function readAll(storage: CacheStorage, url: string, { arrays }: DataSet): Promise<void> {
  const faults: unknown[] = [];
  storage.on("fault", (fault) => faults.push(fault));
  const source = new HttpSource(url, { retries: { attempts: 12, firstDelay: 1 } });
  const store = new CachedStore(source, "data", storage);
  try {
    for (const [path, { sha256 }] of Object.entries(arrays)) {
      const array = await zarr.open(zarr.root(store).resolve(path), { kind: "array" });
      expect(hashValues(await zarr.get(array)), path).toBe(sha256);
    }
    await store.idle();
    expect(faults).toEqual([]);
  } finally {
    await storage.close();
  }
}

describe.runIf(await hasRedisServer()).each(Object.entries(STORAGES))("%s", (_, start) => {
  it.each(["coads_blosc.zarr", "navy_winds_sharded_v3.zarr"])(
    "keeps no wrong value of %s from an origin that fails 30 % of its requests, and asks it for none again",
    async (name) => {
      const open = await start();
      const data = fixture(name);
      const { answer, faults } = flaky(data, randomNumbers(20_261_121));
      const origin = await scriptedOrigin(answer);
      await readAll(await open(), origin.url, data);
      expect(faults()).toBeGreaterThan(0);
      const { length } = origin.requests;
      // The next process.
      await readAll(await open(), origin.url, data);
      expect(origin.requests).toHaveLength(length);
    },
  );

  it("answers ranges from each other, and asks for neighbours with one request", async () => {
    const open = await start();
    const value = Uint8Array.from({ length: 100_000 }, (_, i) => i * 7);
    const origin = await scriptedOrigin((request) => serveFiles(new Map([["/c/0", value]]), request));
    const store = async () => {
      const storage = await open();
      onTestFinished(() => storage.close());
      return new CachedStore(new HttpSource(origin.url), "data", storage);
    };
    let seen = 0;
    /** The ranges that the origin was asked for since the last call. */
    const asked = () => {
      const requests = origin.requests.slice(seen);
      seen += requests.length;
      return requests.map(({ headers }) => headers.range).toSorted();
    };
    const read = async (each: CachedStore, offset: number, length: number) =>
      expect(await each.getRange("/c/0", { offset, length })).toEqual(value.slice(offset, offset + length));
    const first = await store();
    expect(await first.getRange("/c/0", { suffixLength: 1000 })).toEqual(value.slice(-1000));
    await Promise.all([read(first, 0, 100), read(first, 32_000, 100), read(first, 70_000, 100)]);
    await first.idle();
    expect(asked()).toEqual(["bytes=-1000", "bytes=0-32099", "bytes=70000-70099"]);
    // A part of the end, a part of a range, and ranges as they were asked for.
    await Promise.all([read(first, 99_500, 500), read(first, 32_010, 50), read(first, 0, 100)]);
    expect(asked()).toEqual([]);
    const second = await store();
    expect(await second.getRange("/c/0", { suffixLength: 1000 })).toEqual(value.slice(-1000));
    await read(second, 70_000, 100);
    expect(asked()).toEqual([]);
    // A whole value replaces its ranges, and answers for all of them.
    expect(await second.get("/c/0")).toEqual(value);
    await second.idle();
    expect(asked()).toEqual([undefined]);
    await Promise.all([read(second, 5, 17), read(second, 99_999, 1)]);
    const third = await store();
    await read(third, 50_000, 1000);
    expect(await third.getRange("/c/0", { suffixLength: 3 })).toEqual(value.slice(-3));
    expect(asked()).toEqual([]);
  });
});
