import { describe, expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import { IndexedCacheStorage } from "../../src/indexed-cache-storage.ts";
import { MemoryStoreIndex } from "../../src/memory/memory-store-index.ts";
import { MemoryStoreOpener } from "../../src/memory/memory-store-opener.ts";
import type { RangeQuery } from "../../src/range.ts";
import { TieredCacheStorage } from "../../src/tiered-cache-storage.ts";
import { cached } from "../support/cached.ts";
import { testTier } from "../support/memory-tier.ts";

const INVALID_OPTIONS: readonly (readonly [option: string, value: unknown])[] = [
  ["maxAge", -1],
  ["maxAge", Number.NaN],
  ["maxAge", "soon"],
  ["maxAge", "5"],
  ["maxAge", null],
  ["maxAge", true],
  ["maxAge", []],
  ["maxAge", { metadata: -1 }],
  ["maxAge", { data: "-5m" }],
  ["maxAge", { missing: {} }],
  ["maxAge", { chunks: "1h" }],
  ["staleWhileRevalidate", -1],
  ["staleWhileRevalidate", "a while"],
  ["staleIfError", Number.NaN],
  ["staleIfError", "1 fortnight"],
  ["isolation", "none"],
  ["shouldCache", "always"],
  ["identity", ""],
  ["identity", 5],
  ["maxBytes", "1 GB"],
  ["maxage", 5],
  ["ttl", 5],
];

describe("a store", () => {
  it.each(INVALID_OPTIONS)("refuses the option %s: %j, naming it", (option, value) => {
    const { storage } = testTier();
    const make = () => new CachedStore(new Map(), "s", storage, { [option]: value });
    expect(make).toThrow(expect.objectContaining({ tag: "InvalidOptionError" }));
    expect(make).toThrow(option);
  });

  it.each([
    "",
    ".",
    "..",
    "a/b",
    "a\\b",
    "../up",
    "a..b",
    "-a",
    ".a",
    "a b",
    "é",
    "a\n",
    "a".repeat(129),
    5,
    null,
    undefined,
  ])("refuses the id %j", (storeId) => {
    const { storage } = testTier();
    expect(() => new CachedStore(new Map(), storeId as string, storage)).toThrow(/storeId/);
  });

  it.each(["a", "_", "ERA5-Land_v1.2", "0", "a".repeat(128)])("takes the id %j", (storeId) => {
    expect(new CachedStore(new Map(), storeId, testTier().storage).storeId).toBe(storeId);
  });

  it.each([
    undefined,
    null,
    5,
    "http://example.org",
    {},
    { getRange: async () => undefined },
    [],
    () => undefined,
  ])("refuses the source %j, since it has no get()", (source) => {
    const { storage } = testTier();
    expect(() => new CachedStore(source as never, "s", storage)).toThrow(
      expect.objectContaining({ tag: "InvalidSourceError" }),
    );
  });

  it.each([undefined, null, {}, new Map(), "memory"])(
    "refuses the storage %j, showing how to make one",
    (storage) => {
      expect(() => new CachedStore(new Map(), "s", storage as never)).toThrow(
        /storage.*new IndexedCacheStorage/,
      );
    },
  );

  it.each([
    "",
    "/",
    "a",
    "c/0",
    "/a/",
    "//a",
    "/a//b",
    "/..",
    "/../etc/passwd",
    "/a/../b",
    "/a/.",
    "/./a",
    "/a\\..\\b",
    "/a\0b",
    "/a\nb",
    5,
    null,
    undefined,
  ])("refuses the key %j before anybody is asked", async (key) => {
    const { store, indexFaults } = cached(new Map());
    const refused = { tag: "InvalidKeyError" };
    await expect(store.get(key as "/")).rejects.toMatchObject(refused);
    await expect(store.getRange(key as "/", { offset: 0, length: 1 })).rejects.toMatchObject(refused);
    await expect(store.has(key as "/")).rejects.toMatchObject(refused);
    await expect(store.set(key as "/", new Uint8Array(1))).rejects.toMatchObject(refused);
    await expect(store.delete(key as "/")).rejects.toMatchObject(refused);
    expect(indexFaults.calls()).toBe(0);
    expect(store.stats().reads).toBe(0);
  });

  it.each(["/a", "/.zattrs", "/a/.zarray", "/..a", "/a..", "/...", "/a b/ü", "/c/0/0"])(
    "takes the key %j",
    async (key) => {
      expect(await cached(new Map([[key, new Uint8Array(1)]])).store.get(key as "/a")).toHaveLength(1);
    },
  );

  it.each([
    undefined,
    null,
    5,
    {},
    { offset: 0 },
    { length: 5 },
    { offset: -1, length: 5 },
    { offset: 0, length: -5 },
    { offset: 0.5, length: 5 },
    { offset: 0, length: Number.POSITIVE_INFINITY },
    { offset: Number.NaN, length: 1 },
    { offset: "0", length: 1 },
    { suffixLength: -1 },
    { suffixLength: 1.5 },
    { suffixLength: 2 ** 53 },
    { offset: 0, length: 1, suffixLength: 1 },
  ])("refuses the range %j", async (range) => {
    const { store } = cached(new Map([["/a", new Uint8Array(9)]]));
    await expect(store.getRange("/a", range as RangeQuery)).rejects.toMatchObject({
      tag: "InvalidRangeError",
    });
  });
});

describe("an index in memory", () => {
  it.each([
    ["maxBytes", "10 parsecs"],
    ["maxBytes", -1],
    ["maxBytes", "-1 GB"],
    ["maxBytes", Number.POSITIVE_INFINITY],
    ["maxBytes", Number.NaN],
    ["maxBytes", "GB"],
    ["maxBytes", {}],
    ["maxEntryBytes", "a lot"],
    ["maxEntries", -1],
    ["maxEntries", 1.5],
    ["maxEntries", "10"],
    ["policy", "mru"],
    ["policy", 5],
    ["clock", 5],
    ["maxbytes", 5],
  ])("refuses %s: %j, naming it", (option, value) => {
    const make = () => new MemoryStoreIndex({ [option]: value });
    expect(make).toThrow(expect.objectContaining({ tag: "InvalidOptionError" }));
    expect(make).toThrow(option);
  });

  it.each(["512 MB", "512MB", "1.5 GiB", "100", "0", 0, 5, 12.5])("takes %j for maxBytes", (maxBytes) => {
    expect(() => new MemoryStoreIndex({ maxBytes })).not.toThrow();
  });
});

describe("a storage", () => {
  it.each([
    ["deadline", -1],
    ["deadline", "soon"],
    ["lockTimeout", "-1s"],
    ["fills", "sometimes"],
    ["maxFillBytes", "much"],
    ["tier", ""],
    ["tier", 5],
    ["dedline", 5],
  ])("refuses %s: %j, naming it", (option, value) => {
    const make = () =>
      new IndexedCacheStorage(new MemoryStoreIndex(), new MemoryStoreOpener(), { [option]: value });
    expect(make).toThrow(expect.objectContaining({ tag: "InvalidOptionError" }));
    expect(make).toThrow(option);
  });

  it("of tiers refuses to have none, and to have one twice", () => {
    const { storage } = testTier();
    for (const tiers of [[], undefined, null, "memory", [storage, storage]])
      expect(() => new TieredCacheStorage(tiers as never)).toThrow(/tiers/);
  });
});
