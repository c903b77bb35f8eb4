import { setImmediate } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  CachedStore,
  IndexedCacheStorage,
  MemoryStoreIndex,
  MemoryStoreOpener,
  type SourceLike,
} from "zarr-cache";
import { HttpSource } from "zarr-cache/http";
import * as zarr from "zarrita";
import { randomNumbers } from "../processes/support/random-numbers.ts";
import { hashValues } from "../support/checksums.ts";
import { type DataSet, fixture } from "../support/data-sets.ts";
import { scriptedOrigin, wellBehaved } from "../support/scripted-origin.ts";
import { flaky, serveFiles } from "../support/served-files.ts";

function cached(source: SourceLike): CachedStore {
  const storage = new IndexedCacheStorage(
    new MemoryStoreIndex({ maxBytes: "64 MB" }),
    new MemoryStoreOpener(),
  );
  onTestFinished(() => storage.close());
  return new CachedStore(source, "s", storage);
}

async function expectRightValues(store: zarr.Readable, { arrays }: DataSet): Promise<void> {
  for (const [path, { sha256 }] of Object.entries(arrays)) {
    const array = await zarr.open(zarr.root(store).resolve(path), { kind: "array" });
    expect(hashValues(await zarr.get(array)), path).toBe(sha256);
  }
}

describe("an origin that fails 30 % of its requests", () => {
  it.each(["coads_blosc.zarr", "navy_winds_sharded_v3.zarr", "etopo_pyramid.zarr"])(
    "gives no wrong value of %s",
    async (name) => {
      const data = fixture(name);
      const { answer, faults } = flaky(data, randomNumbers(20_260_101));
      const origin = await scriptedOrigin(answer);
      const source = new HttpSource(origin.url, { retries: { attempts: 12, firstDelay: 1 } });
      const store = cached(source);
      await expectRightValues(store, data);
      await expectRightValues(store, data);
      expect(faults()).toBeGreaterThan(3);
    },
  );
});

describe("a hundred readers of one chunk", () => {
  it("make one request, which goes on for the last and ends with it", async () => {
    const value = new Uint8Array(1000).fill(7);
    let go = (): void => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const origin = await scriptedOrigin(async (request, n) => {
      if (n === 0) await gate;
      return n === 0 ? wellBehaved(value, request) : { end: "silence" };
    });
    const store = cached(new HttpSource(origin.url));
    const read = (key: `/${string}`) => {
      const aborts = Array.from({ length: 100 }, () => new AbortController());
      return {
        aborts,
        reads: aborts.map(({ signal }) => store.get(key, { signal }).catch((error: unknown) => error)),
      };
    };

    const first = read("/c/0");
    await origin.arrived(0);
    for (const abort of first.aborts.slice(1)) abort.abort(new Error("away"));
    expect(await Promise.all(first.reads.slice(1))).toEqual(Array(99).fill(new Error("away")));
    await setImmediate();
    expect(origin.underWay).toBe(1);
    go();
    expect(await first.reads[0]).toEqual(value);

    const second = read("/c/1");
    const request = await origin.arrived(1);
    for (const abort of second.aborts) abort.abort(new Error("all away"));
    await request.abandoned;
    await Promise.all(second.reads);
    expect(origin.requests).toHaveLength(2);
  });
});

describe("a sharded array", () => {
  it("is read with one request for the index of a shard and one for its chunks, and the second time with none", async () => {
    const data = fixture("navy_winds_sharded_v3.zarr");
    const origin = await scriptedOrigin((request) => serveFiles(data, request));
    const store = cached(new HttpSource(origin.url));
    await expectRightValues(store, data);
    const ranges = origin.requests.map(({ headers }) => headers.range).filter((range) => range !== undefined);
    const [ends, chunks] = [true, false].map((isEnd) =>
      ranges.filter((range) => range.startsWith("bytes=-") === isEnd),
    );
    expect([ends?.length, chunks?.length]).toEqual([2, 2]);
    await store.idle();
    const before = origin.requests.length;
    await expectRightValues(store, data);
    expect(origin.requests).toHaveLength(before);
  });
});

it("binds a store id to the address, so that another source cannot answer under it", async () => {
  const storage = new IndexedCacheStorage(
    new MemoryStoreIndex({ maxBytes: "1 MB" }),
    new MemoryStoreOpener(),
  );
  onTestFinished(() => storage.close());
  const origin = await scriptedOrigin((request) => wellBehaved(Uint8Array.of(1), request));
  const store = new CachedStore(new HttpSource(`${origin.url}/a?sig=1`), "s", storage);
  expect(await store.get("/c/0")).toEqual(Uint8Array.of(1));
  expect(await new CachedStore(new HttpSource(`${origin.url}/a/?sig=2`), "s", storage).get("/c/0")).toEqual(
    Uint8Array.of(1),
  );
  await expect(
    new CachedStore(new HttpSource(`${origin.url}/b`), "s", storage).get("/c/0"),
  ).rejects.toMatchObject({
    tag: "StoreIdConflictError",
  });
});
