import { describe, expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import { TieredCacheStorage } from "../../src/index.ts";
import type { CachedStoreOptions } from "../../src/store/store-options.ts";
import { fakeClock } from "../../src/testing/index.ts";
import type { IndexedCacheStorageOptions } from "../../src/tier/tier-options.ts";
import { counted } from "../support/bytes.ts";
import { testTier } from "../support/memory-tier.ts";
import { VersionedSource } from "../support/versioned-source.ts";

const NONE = { changed: 0, dropped: 0, failed: 0, failures: [] };
const [OLD, NEW] = [counted(4), counted(4, 9)];
const RANGE = { offset: 1, length: 2 };

/** Stores that each have a tier of their own above one that they share, on one clock. */
function setUp(lower: IndexedCacheStorageOptions = {}) {
  const clock = fakeClock();
  const source = new VersionedSource();
  const shared = testTier({ clock, storage: { tier: "shared", ...lower } }).storage;
  const open = (options: CachedStoreOptions = {}) => {
    const own = testTier({ clock, storage: { tier: "own" } }).storage;
    return new CachedStore(source, "s", new TieredCacheStorage([own, shared]), options);
  };
  return { clock, source, shared, open };
}

const SECOND_REQUEST = { admitOn: "second-request" } as const;

describe("refresh over tiers", () => {
  it("asks about what a higher tier alone holds", async () => {
    const { source, shared, open } = setUp(SECOND_REQUEST);
    const store = open();
    for (const key of ["/c/0", "/c/1", "/c/2", "/zarr.json"]) source.put(key, OLD);
    for (const key of ["/zarr.json", "/c/0", "/c/1", "/c/2"] as const) await store.get(key);
    await store.idle();
    expect((await shared.entries()).entries.map(({ key }) => key)).toEqual(["/zarr.json"]);
    source.taken();
    source.put("/c/1", NEW);
    source.remove("/c/2");
    expect(await store.refresh()).toEqual({ ...NONE, checked: 4, unchanged: 2, changed: 1, dropped: 1 });
    expect(source.taken().map(({ key, status }) => [key, status])).toEqual([
      ["/zarr.json", "unchanged"],
      ["/c/0", "unchanged"],
      ["/c/1", "value"],
      ["/c/2", "missing"],
    ]);
    expect(await Promise.all([store.get("/c/1"), store.get("/c/2")])).toEqual([NEW, undefined]);
  });

  it("asks once about ranges of a value that different tiers hold", async () => {
    const { source, shared, open } = setUp(SECOND_REQUEST);
    source.put("/s", OLD);
    const store = open();
    // The end of a value may be the index of a shard, which every tier keeps at once.
    for (const range of [{ suffixLength: 1 }, RANGE]) await store.getRange("/s", range);
    await store.idle();
    expect((await shared.entries()).entries.map(({ range }) => range)).toEqual([{ suffixLength: 1 }]);
    source.taken();
    expect(await store.refresh()).toEqual({ ...NONE, checked: 2, unchanged: 2 });
    expect(source.taken().map(({ key, status }) => [key, status])).toEqual([["/s", "unchanged"]]);
  });

  it("drops another version above of what holds below, which another process has brought", async () => {
    for (const range of [undefined, RANGE]) {
      const { clock, source, open } = setUp();
      source.put("/c/0", OLD);
      const read = (store: CachedStore) =>
        range === undefined ? store.get("/c/0") : store.getRange("/c/0", range);
      const part = (value: Uint8Array) => (range === undefined ? value : value.slice(1, 3));
      const store = open();
      expect(await read(store)).toEqual(part(OLD));
      await store.idle();
      source.put("/c/0", NEW);
      clock.advance(1001);
      const other = open({ maxAge: 1000 });
      expect(await read(other)).toEqual(part(NEW));
      await other.idle();
      expect(await read(store)).toEqual(part(OLD));
      source.taken();
      expect(await store.refresh()).toEqual({ ...NONE, checked: 1, unchanged: 1 });
      expect(source.taken().map(({ status }) => status)).toEqual(["unchanged"]);
      expect(await read(open())).toEqual(part(NEW));
      if (range === undefined) expect(await read(store)).toEqual(NEW);
      expect(source.taken()).toEqual([]);
    }
  });
});

it("lists offline what a higher tier alone holds", async () => {
  const { source, shared, open } = setUp(SECOND_REQUEST);
  const store = open();
  source.put("/c/0", OLD).put("/zarr.json", OLD);
  await store.get("/c/0");
  await store.get("/zarr.json");
  await store.idle();
  const offline = new CachedStore(new VersionedSource(), "s", store.storage, { offline: true });
  const keys: string[] = [];
  for await (const key of offline.keys()) keys.push(key);
  expect(keys).toEqual(["/c/0", "/zarr.json"]);
  expect(await offline.getSize("/c")).toBe(4);
  expect((await shared.entries()).entries).toHaveLength(1);
});
