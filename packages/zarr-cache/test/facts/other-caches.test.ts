import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countingSource, faultPlan, faultySource } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { gatedSource } from "../support/gated-source.ts";
import { plainSource } from "../support/plain-source.ts";
import { temporaryCache } from "../support/temporary-cache.ts";

describe("unlike the zarr-cache of CCI-Tools", () => {
  it("one cold miss is one read of the source", async () => {
    const source = countingSource(plainSource(new Map([["/a", counted(10)]])));
    const { store } = cached(source);
    await store.get("/a");
    await store.idle();
    expect(source.requests).toHaveLength(1);
  });

  it("an overwritten key is counted once", async () => {
    const { store, storage } = cached(new Map([["/a", counted(1000)]]));
    await store.get("/a");
    await store.idle();
    const { bytes } = await storage.usage();
    for (let i = 0; i < 5; i++) await store.set("/a", counted(1000, i));
    await store.idle();
    expect((await storage.usage()).bytes).toBe(bytes);
  });

  it("two that push and evict on one directory leave its books in order", async () => {
    const values = new Map(Array.from({ length: 60 }, (_, i) => [`/${i}`, counted(100_000, i)] as const));
    const place = await temporaryCache();
    const caches = [
      await place.open({ maxBytes: "2 MB", memory: false }),
      await place.open({ maxBytes: "2 MB", memory: false }),
    ];
    await Promise.all(caches.map((cache) => cache.wrap(plainSource(values), "s").warm(values.keys())));
    for (const cache of caches) {
      await cache.idle();
      expect((await cache.usage()).bytes).toBeLessThanOrEqual(2e6);
      expect((await cache.verify()).accounting).toEqual([]);
    }
  });
});

it("unlike in undici's memory store, the bounds bind whatever is put in", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 4 }),
      fc.array(fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 3000 })), { maxLength: 30 }),
      async (maxEntries, puts) => {
        const { storage } = cached(new Map(), {}, { index: { maxEntries, maxBytes: 8000 } });
        for (const [key, size] of puts) {
          await storage.put({ storeId: "s", key: `/${key}` }, counted(size), { cost: 1 + size });
          const usage = await storage.usage();
          expect(usage.entries).toBeLessThanOrEqual(maxEntries);
          expect(usage.bytes).toBeLessThanOrEqual(8000);
        }
      },
    ),
    { numRuns: 100 },
  );
});

it("unlike in bentocache, a load that fails while others wait is followed by one load, not two", async () => {
  const gate = gatedSource();
  const { store } = cached(gate);
  const first = [store.get("/a"), store.get("/a"), store.get("/a")];
  (await gate.arrived(0)).reject(new Error("down"));
  const again = first.map((read) => read.catch(() => store.get("/a")));
  (await gate.arrived(1)).resolve(counted(3));
  expect(await Promise.all(again)).toEqual([counted(3), counted(3), counted(3)]);
  expect(gate.reads).toHaveLength(2);
});

it("unlike in GDAL, a failure is not kept like data (rasterio#3254)", async () => {
  const plan = faultPlan();
  const source = countingSource(faultySource(plainSource(new Map([["/a", counted(3)]])), plan));
  const { store } = cached(source);
  plan.add({ kind: "fail", times: 2 });
  await expect(store.get("/a")).rejects.toThrow();
  await expect(store.getRange("/a", { offset: 0, length: 2 })).rejects.toThrow();
  expect(await store.getRange("/a", { offset: 0, length: 2 })).toEqual(counted(2));
  expect(await store.get("/a")).toEqual(counted(3));
});

it("unlike source.coop's proxy, a footer of 100 KB of an object of 88 MiB fetches 100 KB", async () => {
  const asked: number[] = [];
  const object = {
    get: async () => {
      throw new Error("88 MiB are not to be fetched");
    },
    getRange: async (_: string, range: { offset: number; length: number } | { suffixLength: number }) => {
      const length = "suffixLength" in range ? range.suffixLength : range.length;
      asked.push(length);
      return new Uint8Array(length);
    },
  };
  const { store } = cached(object);
  const size = 88 * 2 ** 20;
  for (let i = 0; i < 3; i++) {
    expect(await store.getRange("/big", { suffixLength: 100_000 })).toHaveLength(100_000);
    expect(await store.getRange("/big", { offset: size - 200_000, length: 100_000 })).toHaveLength(100_000);
  }
  expect(asked).toEqual([100_000, 100_000]);
});

it("unlike caches in Redis, the source answers while the index is down", async () => {
  const { store, indexFaults } = cached(plainSource(new Map([["/a", counted(3)]])));
  indexFaults.add({ kind: "fail" });
  for (let i = 0; i < 10; i++) expect(await store.get("/a")).toEqual(counted(3));
});
