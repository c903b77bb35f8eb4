import { describe, expect, it, onTestFinished } from "vitest";
import { CachedStore, type CachedStoreOptions, type CacheStorage } from "zarr-cache";
import { HttpSource, type HttpSourceOptions } from "zarr-cache/http";
import { deferred } from "zarr-cache/testing";
import { cacheDecodedChunks } from "zarr-cache/zarrita";
import * as zarr from "zarrita";
import { randomNumbers } from "../processes/support/random-numbers.ts";
import { hashValues } from "../support/checksums.ts";
import { type DataSet, fixture } from "../support/data-sets.ts";
import { hasRedisServer } from "../support/redis-server.ts";
import { type Recorded, type Scripted, scriptedOrigin, wellBehaved } from "../support/scripted-origin.ts";
import { flaky, serveFiles } from "../support/served-files.ts";
import { type OpenStorage, SHARED_STORAGES } from "../support/shared-storages.ts";

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

const VALUE = Uint8Array.from({ length: 1000 }, (_, i) => i * 7);
const partOf = (first: number, last: number) => ({
  "content-range": `bytes ${first}-${last}/${VALUE.byteLength}`,
  "content-length": String(last - first + 1),
});

/** An origin, and stores that read it over storages of their own, as several processes would. */
async function setUp(
  start: () => Promise<OpenStorage>,
  script: (request: Recorded, n: number) => Scripted | Promise<Scripted>,
) {
  const openStorage = await start();
  const origin = await scriptedOrigin(script);
  let seen = 0;
  return {
    origin,
    async open(source?: HttpSourceOptions, options?: CachedStoreOptions): Promise<CachedStore> {
      const storage = await openStorage();
      onTestFinished(() => storage.close());
      return new CachedStore(new HttpSource(origin.url, source), "data", storage, options);
    },
    /** The paths that the origin was asked for since the last call, with their ranges. */
    asked() {
      const requests = origin.requests.slice(seen);
      seen += requests.length;
      return requests
        .map(({ path, headers: { range } }) => (range === undefined ? path : `${path} ${range}`))
        .toSorted();
    },
  };
}

describe.runIf(await hasRedisServer()).each(Object.entries(SHARED_STORAGES))("%s", (_, start) => {
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
    const value = Uint8Array.from({ length: 100_000 }, (_, i) => i * 7);
    const { open, asked } = await setUp(start, (request) => wellBehaved(value, request));
    const read = async (store: CachedStore, offset: number, length: number) =>
      expect(await store.getRange("/c/0", { offset, length })).toEqual(value.slice(offset, offset + length));
    const first = await open();
    expect(await first.getRange("/c/0", { suffixLength: 1000 })).toEqual(value.slice(-1000));
    await Promise.all([read(first, 0, 100), read(first, 32_000, 100), read(first, 70_000, 100)]);
    await first.idle();
    expect(asked()).toEqual(["/c/0 bytes=-1000", "/c/0 bytes=0-32099", "/c/0 bytes=70000-70099"]);
    // A part of the end, a part of a range, and ranges as they were asked for.
    await Promise.all([read(first, 99_500, 500), read(first, 32_010, 50), read(first, 0, 100)]);
    expect(asked()).toEqual([]);
    const second = await open();
    expect(await second.getRange("/c/0", { suffixLength: 1000 })).toEqual(value.slice(-1000));
    await read(second, 70_000, 100);
    expect(asked()).toEqual([]);
    // A whole value replaces its ranges, and answers for all of them.
    expect(await second.get("/c/0")).toEqual(value);
    await second.idle();
    expect(asked()).toEqual(["/c/0"]);
    await Promise.all([read(second, 5, 17), read(second, 99_999, 1)]);
    const third = await open();
    await read(third, 50_000, 1000);
    expect(await third.getRange("/c/0", { suffixLength: 3 })).toEqual(value.slice(-3));
    expect(asked()).toEqual([]);
  });

  it("keeps nothing of answers that are longer or shorter than asked", async () => {
    const wrong: Record<string, Scripted> = {
      "/longer": { status: 206, headers: partOf(0, 199), body: VALUE.subarray(0, 200) },
      "/elsewhere": { status: 206, headers: partOf(1, 100), body: VALUE.subarray(1, 101) },
      "/shorter": { status: 206, headers: partOf(0, 49), body: VALUE.subarray(0, 50) },
      "/cut-off": {
        status: 206,
        headers: partOf(0, 99),
        body: VALUE.subarray(0, 100),
        bytes: 50,
        end: "close",
      },
    };
    const keys = Object.keys(wrong) as `/${string}`[];
    const { open, asked } = await setUp(start, (request, n) =>
      n < keys.length ? (wrong[request.path] ?? {}) : wellBehaved(VALUE, request),
    );
    const store = await open({ retries: { attempts: 1 } });
    const readEach = (from: CachedStore) =>
      Promise.allSettled(keys.map((key) => from.getRange(key, { offset: 0, length: 100 })));
    for (const outcome of await readEach(store))
      expect(outcome).toMatchObject({ status: "rejected", reason: { tag: "SourceError" } });
    await store.idle();
    expect((await store.storage.usage()).entries).toBe(0);
    expect(asked()).toHaveLength(keys.length);
    const right = { status: "fulfilled", value: VALUE.slice(0, 100) };
    expect(await readEach(store)).toEqual(keys.map(() => right));
    expect(asked()).toHaveLength(keys.length);
    await store.idle();
    expect(await readEach(await open())).toEqual(keys.map(() => right));
    expect(asked()).toEqual([]);
  });

  it("makes one request for a hundred readers, which goes on for the last and ends with it, and lets others in", async () => {
    const gate = deferred<void>();
    const { open, origin } = await setUp(start, async (request, n) => {
      if (n === 0) await gate.promise;
      return n === 1 ? { end: "silence" } : wellBehaved(VALUE, request);
    });
    const [store, other] = [await open(), await open()];
    const readBy100 = (key: `/${string}`) => {
      const aborts = Array.from({ length: 100 }, () => new AbortController());
      const reads = aborts.map(({ signal }) => store.get(key, { signal }).catch((error: unknown) => error));
      return { aborts, reads };
    };
    const first = readBy100("/c/0");
    await origin.arrived(0);
    // Of another process, which waits for the claim of this one.
    const elsewhere = other.get("/c/0");
    for (const abort of first.aborts.slice(1)) abort.abort(new Error("away"));
    expect(await Promise.all(first.reads.slice(1))).toEqual(Array(99).fill(new Error("away")));
    expect(origin.underWay).toBe(1);
    gate.resolve();
    expect(await first.reads[0]).toEqual(VALUE);
    expect(await elsewhere).toEqual(VALUE);
    expect(origin.requests).toHaveLength(1);

    const second = readBy100("/c/1");
    const request = await origin.arrived(1);
    const left = other.get("/c/1");
    for (const abort of second.aborts) abort.abort(new Error("all away"));
    await request.abandoned;
    await Promise.all(second.reads);
    // Its claim was given up with the request.
    expect(await left).toEqual(VALUE);
    expect(await store.get("/c/1")).toEqual(VALUE);
    expect(origin.requests).toHaveLength(3);
  });

  it("asks once for each absent chunk, whichever process reads", async () => {
    const data = fixture("etopo_pyramid.zarr");
    const path = "deep_ocean_sparse";
    const { nchunks, stored_chunks: stored = 0, sha256 } = data.arrays[path] ?? {};
    const { open, asked } = await setUp(start, (request) => serveFiles(data, request));
    const stores = [await open(), await open()];
    const read = async (store: CachedStore) => {
      const array = await zarr.open(zarr.root(store).resolve(path), { kind: "array" });
      expect(hashValues(await zarr.get(array))).toBe(sha256);
    };
    await Promise.all(stores.map(read));
    const chunks = asked().filter((request) => /\/\d[^/]*$/.test(request));
    expect(stored).toBeLessThan(nchunks ?? 0);
    expect(chunks).toHaveLength(nchunks ?? 0);
    expect(new Set(chunks).size).toBe(nchunks);
    for (const store of stores) await store.idle();
    await read(await open());
    expect(asked()).toEqual([]);
  });

  it("is warmed by one process, also after an abort, and read offline by another", async () => {
    const data = fixture("coads_blosc.zarr");
    const { open, asked } = await setUp(start, (request) => serveFiles(data, request));
    const arrays = Object.keys(data.arrays);
    const warming = await open();
    const stop = new AbortController();
    const onProgress = ({ done }: { done: number }) => done === 5 && stop.abort(new Error("enough"));
    const some = warming.warm({ arrays }, { concurrency: 1, signal: stop.signal, onProgress });
    await expect(some).rejects.toThrow("enough");
    const report = await (await open()).warm({ arrays });
    expect(report).toMatchObject({ failed: 0, refused: 0, total: report.done });
    expect(report.cached).toBeGreaterThanOrEqual(5);
    const requests = asked();
    expect(new Set(requests).size, "each once").toBe(requests.length);

    const offline = await open(undefined, { offline: true });
    for (const [path, { sha256 }] of Object.entries(data.arrays)) {
      const array = await zarr.open(zarr.root(offline).resolve(path), { kind: "array" });
      expect(hashValues(await zarr.get(array)), path).toBe(sha256);
    }
    await expect(offline.get("/SST/99.99.99")).rejects.toMatchObject({
      tag: "OfflineError",
      key: "/SST/99.99.99",
    });
    expect(asked()).toEqual([]);
  });

  it("has decoded chunks dropped in every process when one invalidates", async () => {
    const document = {
      zarr_format: 2,
      shape: [4],
      chunks: [4],
      dtype: "<i4",
      compressor: null,
      fill_value: 0,
      order: "C",
      filters: null,
    };
    const values = new Map([["/.zarray", new TextEncoder().encode(JSON.stringify(document))]]);
    const put = (value: number) => values.set("/0", new Uint8Array(new Int32Array(4).fill(value).buffer));
    put(1);
    const { open } = await setUp(start, (request) => serveFiles(values, request));
    const [one, other] = [await open(), await open()];
    const chunks = cacheDecodedChunks();
    onTestFinished(() => chunks.close());
    const opened = await zarr.open.v2(zarr.root(other), { kind: "array" });
    const array = zarr.extendArray(opened, chunks.extension);
    const first = async () => ((await array.getChunk([0])).data as Int32Array)[0];
    expect([await first(), await first()]).toEqual([1, 1]);
    expect(chunks.stats()).toMatchObject({ hits: 1, misses: 1 });
    put(2);
    await one.invalidate("/0");
    // Over Redis the other hears of it a little later.
    await expect.poll(first, { timeout: 30_000 }).toBe(2);
  });
});
