import { describe, expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import type { CachedStoreOptions } from "../../src/store/store-options.ts";
import { deferred } from "../../src/testing/index.ts";
import { cached, type TestStore } from "../support/cached.ts";
import { testTier } from "../support/memory-tier.ts";
import { arrayDocument, chunkOf, groupDocument, KEYS, twoArrays } from "../support/two-array-dataset.ts";
import type { VersionedSource } from "../support/versioned-source.ts";

const MINUTE = 60_000;
const BY_DATASET: CachedStoreOptions = { maxAge: { metadata: "1m", data: "dataset", missing: "dataset" } };
const CONSOLIDATED = groupDocument(["a", "b"]);

async function filled(source: VersionedSource, options = BY_DATASET): Promise<TestStore> {
  const made = cached(source, options);
  await readAll(made.store);
  source.taken();
  return made;
}

async function readAll(store: CachedStore): Promise<void> {
  for (const key of KEYS) await store.get(key);
  await store.idle();
}

/** A store that has read one chunk, and nothing of its metadata. */
async function readOneChunk() {
  const source = twoArrays();
  const made = cached(source, BY_DATASET);
  await made.store.get("/a/c/0");
  await made.store.idle();
  return { source, ...made };
}

/** What a read of a chunk asks once metadata are past their age. */
async function askedWhenPast(source: VersionedSource, { store, clock }: Pick<TestStore, "store" | "clock">) {
  await store.idle();
  source.taken();
  clock.advance(MINUTE + 1);
  await store.get("/a/c/0");
  return told(source);
}

const told = (source: VersionedSource) => source.taken().map(({ key, status }) => `${key} ${status}`);

describe('with maxAge: "dataset"', () => {
  it("asks about consolidated metadata alone, once in their age, and brings no bytes where nothing changed", async () => {
    const source = twoArrays(CONSOLIDATED);
    const { store, clock } = await filled(source);
    for (let round = 0; round < 3; round++) {
      clock.advance(MINUTE + 1);
      await readAll(store);
      expect(told(source)).toEqual(["/zarr.json unchanged"]);
      clock.advance(MINUTE - 1);
      await readAll(store);
      expect(told(source)).toEqual([]);
    }
  });

  it("asks for a document of the other version once, until the dataset has changed", async () => {
    const source = twoArrays(CONSOLIDATED);
    const { store, clock } = await filled(source);
    expect(await store.get("/a/.zarray")).toBeUndefined();
    expect(told(source)).toEqual(["/.zgroup missing"]);
    for (let round = 0; round < 3; round++) {
      await store.idle();
      clock.advance(MINUTE + 1);
      // As zarrita asks that opens the group, and an array.
      for (const key of ["/.zattrs", "/.zgroup", "/a/.zattrs", "/a/.zarray"] as const)
        expect(await store.get(key)).toBeUndefined();
      expect(told(source)).toEqual(["/zarr.json unchanged"]);
    }
    source.put("/zarr.json", groupDocument(["b", "a"])).put("/.zgroup", groupDocument());
    source.put("/a/.zarray", arrayDocument());
    clock.advance(MINUTE + 1);
    await store.get("/zarr.json");
    await store.idle();
    expect(await store.get("/a/.zarray")).toEqual(arrayDocument());
  });

  it("asks about each array by its own metadata where there are none consolidated", async () => {
    const source = twoArrays();
    const { store, clock } = await filled(source);
    clock.advance(MINUTE + 1);
    for (const key of KEYS.filter((key) => key.includes("/c/"))) await store.get(key);
    expect(told(source)).toEqual(["/a/zarr.json unchanged", "/b/zarr.json unchanged"]);
  });

  it("holds in a new process, which finds all of it cached", async () => {
    const source = twoArrays(CONSOLIDATED);
    const { store, storage, clock } = await filled(source);
    await store.close();
    for (let day = 0; day < 3; day++) {
      clock.advance(24 * 60 * MINUTE);
      const next = new CachedStore(source, "s", storage, BY_DATASET);
      await Promise.all(KEYS.map((key) => next.get(key)));
      await next.idle();
      expect(told(source)).toEqual(["/zarr.json unchanged"]);
      await next.close();
    }
  });

  it("notices a change by whatever is read first, and reads nothing old after that", async () => {
    for (const key of ["/a/c/0", "/b/c/3", "/b/zarr.json", "/zarr.json"] as const) {
      const source = twoArrays(CONSOLIDATED);
      const { store, clock } = await filled(source);
      source
        .put("/zarr.json", groupDocument(["a", "b", "c"]))
        .put("/a/c/0", chunkOf(2, 0))
        .put("/b/c/3", chunkOf(2, 3));
      clock.advance(MINUTE + 1);
      await store.get(key);
      expect(await store.get("/a/c/0")).toEqual(chunkOf(2, 0));
      expect(await store.get("/b/c/3")).toEqual(chunkOf(2, 3));
      // What came before the new document was kept is asked about once by itself.
      for (let round = 0; round < 2; round++) {
        source.taken();
        clock.advance(MINUTE + 1);
        await readAll(store);
      }
      expect(told(source)).toEqual(["/zarr.json unchanged"]);
    }
  });

  it("lets a reader who never reads metadata notice as well", async () => {
    const source = twoArrays();
    const { store, clock } = await filled(source);
    source.put("/a/zarr.json", arrayDocument(5)).put("/a/c/0", chunkOf(2, 0));
    expect(await store.get("/a/c/0")).toEqual(chunkOf(1, 0));
    clock.advance(MINUTE + 1);
    expect(await store.get("/a/c/0")).toEqual(chunkOf(2, 0));
    expect(await askedWhenPast(source, { store, clock })).toEqual(["/a/zarr.json unchanged"]);
  });

  it("asks once for all readers that come at once, of one store or of several over a shared tier", async () => {
    const source = twoArrays(CONSOLIDATED);
    const { storage, clock } = await filled(source);
    const stores = Array.from({ length: 5 }, () => new CachedStore(source, "s", storage, BY_DATASET));
    clock.advance(MINUTE + 1);
    await Promise.all(stores.flatMap((store) => KEYS.map((key) => store.get(key))));
    expect(told(source)).toEqual(["/zarr.json unchanged"]);
  });

  it("goes by each key's own age where no metadata are cached", async () => {
    const { source, ...made } = await readOneChunk();
    expect(await askedWhenPast(source, made)).toEqual(["/a/c/0 unchanged"]);
  });

  it("lets data that came when no metadata were cached end by their own age", async () => {
    const { source, store, storage, clock } = await readOneChunk();
    source.put("/a/zarr.json", arrayDocument(5)).put("/a/c/0", chunkOf(2, 0));
    await store.get("/a/zarr.json");
    await store.idle();
    const { entries } = await storage.entries({ storeId: "s", prefix: "/a/c/" });
    expect(entries.map(({ expiresAt }) => expiresAt)).toEqual([clock.now() + MINUTE + 1]);
    clock.advance(MINUTE);
    expect(await store.get("/a/c/0")).toEqual(chunkOf(1, 0));
    clock.advance(1);
    await store.get("/a/zarr.json");
    expect(await store.get("/a/c/0")).toEqual(chunkOf(2, 0));
    expect(await askedWhenPast(source, { store, clock })).toEqual(["/a/zarr.json unchanged"]);
  });

  it("drops data whose metadata were evicted, when there are others and nobody remembers", async () => {
    const source = twoArrays();
    const { store, storage, index, clock } = await filled(source);
    await store.close();
    const { entries } = await storage.entries({ storeId: "s", prefix: "/a/zarr.json" });
    await index.condemn({ storeId: "s", key: "/a/zarr.json" }, entries[0]?.token as string);
    source.put("/a/zarr.json", arrayDocument(5)).put("/a/c/0", chunkOf(2, 0));
    const later = new CachedStore(source, "s", storage, BY_DATASET);
    clock.advance(1000);
    await later.get("/a/zarr.json");
    expect(await later.get("/a/c/0")).toEqual(chunkOf(2, 0));
  });

  it("gives what is within staleWhileRevalidate at once, and asks behind it", async () => {
    const source = twoArrays(CONSOLIDATED);
    const { store, clock } = await filled(source, { ...BY_DATASET, staleWhileRevalidate: "1m" });
    source.put("/zarr.json", groupDocument(["a"])).put("/a/c/0", chunkOf(2, 0));
    clock.advance(2 * MINUTE);
    expect(await store.get("/a/c/0")).toEqual(chunkOf(1, 0));
    await store.idle();
    expect(await store.get("/a/c/0")).toEqual(chunkOf(2, 0));
    await store.idle();
    await readAll(store);
    clock.advance(2 * MINUTE + 1);
    source.put("/zarr.json", groupDocument(["b"])).put("/a/c/0", chunkOf(3, 0));
    expect(await store.get("/a/c/0")).toEqual(chunkOf(3, 0));
  });

  it("gives what is within staleIfError while the source fails, which it asks no more than every five seconds", async () => {
    const source = twoArrays(CONSOLIDATED);
    const { store, clock } = await filled(source, { ...BY_DATASET, staleIfError: "1h" });
    // By now each chunk is older than that by itself, but the dataset is not.
    clock.advance(60 * MINUTE);
    await store.get("/a/c/0");
    expect(told(source)).toEqual(["/zarr.json unchanged"]);
    source.failure = new Error("down");
    clock.advance(30 * MINUTE);
    for (const chunk of [0, 1, 2]) expect(await store.get(`/a/c/${chunk}`)).toEqual(chunkOf(1, chunk));
    expect(told(source)).toEqual(["/zarr.json failed"]);
    clock.advance(5000);
    await store.get("/a/c/3");
    expect(told(source)).toEqual(["/zarr.json failed"]);
    clock.advance(31 * MINUTE);
    await expect(store.get("/a/c/0")).rejects.toThrow("down");
    source.failure = undefined;
    clock.advance(5000);
    expect(await store.get("/a/c/0")).toEqual(chunkOf(1, 0));
  });

  it("gives nothing that was dropped with the dataset while its source was asked, and failed", async () => {
    const source = twoArrays(CONSOLIDATED);
    const { store, clock } = await filled(source, { ...BY_DATASET, staleIfError: "1h" });
    clock.advance(180 * MINUTE);
    const [asked, gate] = [deferred<void>(), deferred<void>()];
    const read = source.read.bind(source);
    source.read = async (key, options) => {
      if (key === "/a/c/0") {
        asked.resolve();
        await gate.promise;
        throw new Error("down");
      }
      return read(key, options);
    };
    source.failure = new Error("down");
    const failed = expect(store.get("/a/c/0")).rejects.toThrow("down");
    await asked.promise;
    source.failure = undefined;
    source.put("/zarr.json", groupDocument(["a"]));
    clock.advance(5000);
    for (let time = 0; time < 2; time++) await store.get("/zarr.json");
    await store.get("/a/c/1");
    gate.resolve();
    await failed;
  });

  it("still ends an entry at the end that it was told", async () => {
    const source = twoArrays(CONSOLIDATED);
    const { store, clock } = await filled(source, {
      ...BY_DATASET,
      expires: (key, { askedAt }) => (key === "/a/c/0" ? askedAt + 30_000 : undefined),
    });
    clock.advance(30_000);
    await store.get("/a/c/0");
    await store.get("/a/c/1");
    expect(told(source)).toEqual(["/a/c/0 unchanged"]);
  });

  it("counts what is warm for cached, and tells whether keys are there, by asking once", async () => {
    const source = twoArrays(CONSOLIDATED);
    const { store, clock } = await filled(source);
    clock.advance(MINUTE + 1);
    expect(await store.warm(KEYS)).toMatchObject({ done: KEYS.length, cached: KEYS.length - 1 });
    expect(await store.has("/b/c/3")).toBe(false);
    expect(told(source)).toEqual(["/zarr.json unchanged"]);
  });

  it("takes the age of metadata from the source where that says one", async () => {
    const source = twoArrays(CONSOLIDATED);
    source.facts = { freshness: { age: 0, freshFor: 5000 } };
    const { store, clock } = await filled(source, {
      maxAge: { metadata: "source", data: "dataset", missing: "dataset" },
    });
    clock.advance(400_000);
    await readAll(store);
    expect(told(source)).toEqual(["/zarr.json unchanged"]);
    clock.advance(4999);
    await readAll(store);
    expect(told(source)).toEqual([]);
  });
});

it("lasts over a store with rules, each by its own", async () => {
  const source = twoArrays();
  const { storage, clock } = testTier();
  const store = new CachedStore(source, "s", storage, {
    maxAge: { metadata: "1m" },
    rules: [{ match: "/b/**", maxAge: "dataset" }],
  });
  await readAll(store);
  source.taken();
  clock.advance(MINUTE + 1);
  await store.get("/a/c/0");
  await store.get("/b/c/0");
  await store.get("/b/c/1");
  expect(told(source)).toEqual(["/b/zarr.json unchanged"]);
});
