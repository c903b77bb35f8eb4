import { describe, expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import {
  IndexedCacheStorage,
  MemoryStoreIndex,
  MemoryStoreOpener,
  TieredCacheStorage,
} from "../../src/index.ts";
import { counted } from "../support/bytes.ts";
import { cached, type TestStore } from "../support/cached.ts";
import { testTier } from "../support/memory-tier.ts";
import { arrayDocument, chunkOf, groupDocument, KEYS, twoArrays } from "../support/two-array-dataset.ts";
import type { VersionedSource } from "../support/versioned-source.ts";

const AGE = 300_001;

/** Reads everything once, so that it is cached. */
async function filled(source: VersionedSource, options = {}): Promise<TestStore> {
  const made = cached(source, options);
  await readAll(made.store);
  source.taken();
  return made;
}

async function readAll(store: CachedStore): Promise<void> {
  for (const key of KEYS) await store.get(key);
  await store.idle();
}

const cachedKeys = async ({ storage }: TestStore) =>
  (await storage.entries({ limit: 1000 })).entries.map(({ key }) => key);

describe("when the metadata of an array have changed", () => {
  it("its data and what is missing of them are fetched anew, and those of others are not", async () => {
    const source = twoArrays();
    const made = await filled(source);
    const { store, clock } = made;
    source.put("/b/zarr.json", arrayDocument(5)).put("/b/c/0", chunkOf(2, 0)).put("/b/c/3", chunkOf(2, 3));
    // Nobody knows yet.
    expect(await store.get("/b/c/0")).toEqual(chunkOf(1, 0));
    clock.advance(AGE);
    expect(await store.get("/b/zarr.json")).toEqual(arrayDocument(5));
    expect(await store.get("/b/c/0")).toEqual(chunkOf(2, 0));
    expect(await store.get("/b/c/3")).toEqual(chunkOf(2, 3));
    source.taken();
    expect(await store.get("/a/c/0")).toEqual(chunkOf(1, 0));
    expect(source.taken()).toEqual([]);
    await readAll(store);
    expect((await cachedKeys(made)).toSorted()).toEqual([...KEYS].toSorted());
  });

  it("also where only their validator has: written anew as they were", async () => {
    const source = twoArrays();
    const { store, clock } = await filled(source);
    source.put("/a/zarr.json", arrayDocument()).put("/a/c/0", chunkOf(2, 0));
    clock.advance(AGE);
    await store.get("/a/zarr.json");
    expect(await store.get("/a/c/0")).toEqual(chunkOf(2, 0));
  });

  it("also where the source has no validators", async () => {
    const values = new Map([
      ["/a/.zarray", arrayDocument()],
      ["/a/0", counted(1)],
    ]);
    const { store, clock } = cached(values);
    await store.get("/a/.zarray");
    await store.get("/a/0");
    await store.idle();
    values.set("/a/0", counted(2));
    clock.advance(AGE);
    await store.get("/a/.zarray");
    expect(await store.get("/a/0")).toEqual(counted(1));
    values.set("/a/.zarray", arrayDocument(5));
    clock.advance(AGE);
    await store.get("/a/.zarray");
    expect(await store.get("/a/0")).toEqual(counted(2));
  });

  it("also where they are read behind an answer past its age", async () => {
    const source = twoArrays();
    const { store, clock } = await filled(source, { staleWhileRevalidate: "1h" });
    source.put("/a/zarr.json", arrayDocument(5)).put("/a/c/0", chunkOf(2, 0));
    clock.advance(AGE);
    expect(await store.get("/a/zarr.json")).toEqual(arrayDocument());
    await store.idle();
    expect(await store.get("/a/c/0")).toEqual(chunkOf(2, 0));
  });

  it("also where they have gone from the cache meanwhile", async () => {
    const source = twoArrays();
    const { store, storage, index, clock } = await filled(source);
    const { entries } = await storage.entries({ storeId: "s", prefix: "/a/zarr.json" });
    await index.condemn({ storeId: "s", key: "/a/zarr.json" }, entries[0]?.token as string);
    source.put("/a/zarr.json", arrayDocument(5)).put("/a/c/0", chunkOf(2, 0));
    clock.advance(AGE);
    await store.get("/a/zarr.json");
    expect(await store.get("/a/c/0")).toEqual(chunkOf(2, 0));
  });

  it("not by their being written through the store", async () => {
    const values = new Map([
      ["/a/.zarray", arrayDocument()],
      ["/a/0", counted(1)],
    ]);
    const { store, clock } = cached(values);
    for (const key of ["/a/.zarray", "/a/0"] as const) await store.get(key);
    await store.idle();
    await store.set("/a/.zarray", arrayDocument(5));
    clock.advance(AGE);
    await store.get("/a/.zarray");
    await store.idle();
    const before = store.stats().source.reads;
    expect(await store.get("/a/0")).toEqual(counted(1));
    expect(store.stats().source.reads).toBe(before);
  });

  it("not with dropOnChange: false, for arrays that only grow", async () => {
    const source = twoArrays();
    const { store, clock } = await filled(source, { dropOnChange: false });
    source.put("/a/zarr.json", arrayDocument(5));
    clock.advance(AGE);
    expect(await store.get("/a/zarr.json")).toEqual(arrayDocument(5));
    source.taken();
    await store.get("/a/c/0");
    expect(source.taken()).toEqual([]);
  });
});

it("drops all below a group whose metadata have changed, consolidated ones too", async () => {
  const source = twoArrays(groupDocument(["a", "b"]));
  const { store, clock } = await filled(source);
  source.put("/zarr.json", groupDocument(["a", "b", "c"]));
  for (const array of ["a", "b"]) source.put(`/${array}/c/0`, chunkOf(2, 0));
  clock.advance(AGE);
  await store.get("/zarr.json");
  for (const array of ["a", "b"]) expect(await store.get(`/${array}/c/0`)).toEqual(chunkOf(2, 0));
});

it("drops nothing where metadata were missing and still are, and all below where they come or go", async () => {
  const source = twoArrays();
  const { store, clock } = await filled(source);
  const round = async () => {
    clock.advance(AGE);
    await store.get("/a/.zattrs");
    await store.idle();
    source.taken();
    await store.get("/a/c/0");
    await store.idle();
    return source.taken().length;
  };
  expect([await round(), await round()]).toEqual([0, 0]);
  source.put("/a/.zattrs", counted(5));
  expect([await round(), await round()]).toEqual([1, 0]);
  source.remove("/a/.zattrs");
  expect([await round(), await round()]).toEqual([1, 0]);
});

it("keeps old metadata, so that the next reader notices as well, where what is below cannot be dropped", async () => {
  const source = twoArrays();
  const { store, clock, indexFaults } = await filled(source);
  const faults: unknown[] = [];
  store.on("fault", ({ operation }) => faults.push(operation));
  source.put("/a/zarr.json", arrayDocument(5)).put("/a/c/0", chunkOf(2, 0));
  clock.advance(AGE);
  indexFaults.add({ kind: "fail", on: "invalidate", times: 1 });
  expect(await store.get("/a/zarr.json")).toEqual(arrayDocument(5));
  await store.idle();
  expect(faults).toContain("invalidate");
  await store.get("/a/zarr.json");
  expect(await store.get("/a/c/0")).toEqual(chunkOf(2, 0));
});

it("reaches the memory of all stores over a tier that they share, whoever notices", async () => {
  const source = twoArrays();
  const shared = testTier();
  const { clock } = shared;
  const stores = Array.from({ length: 3 }, () => {
    const own = new IndexedCacheStorage(new MemoryStoreIndex({ clock: clock.now }), new MemoryStoreOpener());
    return new CachedStore(source, "s", new TieredCacheStorage([own, shared.storage]));
  });
  for (const store of stores) await readAll(store);
  source.put("/a/zarr.json", arrayDocument(5)).put("/a/c/0", chunkOf(2, 0));
  clock.advance(AGE);
  await stores[1]?.get("/a/zarr.json");
  for (const store of stores) expect(await store.get("/a/c/0")).toEqual(chunkOf(2, 0));
});
