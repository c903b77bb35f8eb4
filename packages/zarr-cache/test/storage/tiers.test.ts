import { describe, expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import type { CacheStorage } from "../../src/storage.ts";
import { countingSource, deferred } from "../../src/testing/index.ts";
import { TieredCacheStorage, type TieredCacheStorageOptions } from "../../src/tiered-cache-storage.ts";
import { counted } from "../support/bytes.ts";
import { holdCall } from "../support/hold-call.ts";
import { testTier } from "../support/memory-tier.ts";
import { plainSource } from "../support/plain-source.ts";
import { replaceMembers } from "../testing/replace-members.ts";

const A = { storeId: "s", key: "/a" };

/** Two tiers, and a source that has `/a`. */
function twoTiers(options?: TieredCacheStorageOptions) {
  const lower = testTier({ storage: { tier: "lower" } });
  const upper = testTier({ clock: lower.clock, storage: { tier: "upper" } });
  const storage = new TieredCacheStorage([upper.storage, lower.storage], options);
  const values = new Map([["/a", counted(100)]]);
  const source = countingSource(plainSource(values));
  const store = new CachedStore(source, "s", storage, { maxAge: 1000 });
  return { lower, upper, storage, values, source, store, clock: lower.clock };
}

it("fills every tier by one read of the source", async () => {
  const { lower, upper, source, store } = twoTiers();
  await store.get("/a");
  await store.idle();
  expect(await upper.storage.has(A)).toBe(true);
  expect(await lower.storage.has(A)).toBe(true);
  expect(source.requests).toHaveLength(1);
});

it("copies what a lower tier has into the one above", async () => {
  const { lower, upper, source, store } = twoTiers();
  await lower.storage.put(A, counted(100));
  expect(await store.get("/a")).toEqual(counted(100));
  await store.idle();
  expect(await upper.storage.has(A)).toBe(true);
  expect(source.requests).toHaveLength(0);
});

it("fills only the lowest tier where that is asked for, and copies up what is read again", async () => {
  const { lower, upper, source, store } = twoTiers({ write: "lowest" });
  await store.get("/a");
  await store.idle();
  expect([await upper.storage.has(A), await lower.storage.has(A)]).toEqual([false, true]);
  await store.get("/a");
  await store.idle();
  expect(await upper.storage.has(A)).toBe(true);
  expect(source.requests).toHaveLength(1);
});

it("refuses a way of writing that it does not know", () => {
  const { storage } = testTier();
  expect(() => new TieredCacheStorage([storage], { write: "upper" as "all" })).toThrow(
    /write.*"all" or "lowest"/,
  );
});

it("copies the age along, so that a copy does not live longer", async () => {
  const { lower, values, store, clock } = twoTiers();
  await lower.storage.put(A, counted(100));
  clock.advance(600);
  await store.get("/a");
  await store.idle();
  values.set("/a", counted(5));
  clock.advance(400);
  expect(await store.get("/a")).toEqual(counted(100));
  clock.advance(1);
  expect(await store.get("/a")).toEqual(counted(5));
});

it("does not make an entry from the future fresh by copying it", async () => {
  const { values, store, clock, upper } = twoTiers();
  await store.get("/a");
  await store.idle();
  await upper.storage.invalidate("s", "/");
  clock.set(clock.now() - 10);
  values.set("/a", counted(5));
  for (let i = 0; i < 3; i++) {
    expect(await store.get("/a")).toEqual(counted(5));
    await store.idle();
  }
});

it("does not promote what is invalidated between the read below and the copy above", async () => {
  const { lower, upper, values } = twoTiers();
  await lower.storage.put(A, counted(100));
  const read = deferred();
  const go = deferred();
  const slow = replaceMembers<CacheStorage>(lower.storage, {
    get: async (part) => {
      const hit = await lower.storage.get(part);
      read.resolve();
      await go.promise;
      return hit;
    },
  });
  const store = new CachedStore(plainSource(values), "s", new TieredCacheStorage([upper.storage, slow]));
  const reading = store.get("/a");
  await read.promise;
  values.set("/a", counted(5));
  await store.invalidate("/a");
  go.resolve();
  expect(await reading).toEqual(counted(100));
  await store.idle();
  expect(await upper.storage.has(A)).toBe(false);
  expect(await store.get("/a")).toEqual(counted(5));
});

it("drops the lower copy first, which a promotion could bring up again", async () => {
  const { lower, values, store } = twoTiers();
  await store.get("/a");
  await store.idle();
  values.set("/a", counted(5));
  const dropping = holdCall(lower.indexFaults, "invalidate");
  const invalidated = store.invalidate("/a");
  await dropping.come;
  await store.get("/a");
  await store.idle();
  dropping.go();
  await invalidated;
  expect(await store.get("/a")).toEqual(counted(5));
});

it("keeps in the upper tier what is too large for it nowhere, and in the lower one all the same", async () => {
  const lower = testTier();
  const upper = testTier({ clock: lower.clock, index: { maxEntryBytes: 10 } });
  const source = countingSource(plainSource(new Map([["/a", counted(100)]])));
  const store = new CachedStore(source, "s", new TieredCacheStorage([upper.storage, lower.storage]));
  for (let i = 0; i < 3; i++) {
    expect(await store.get("/a")).toEqual(counted(100));
    await store.idle();
  }
  expect(source.requests).toHaveLength(1);
  expect(await upper.storage.has(A)).toBe(false);
});

describe("with the lower tier down", () => {
  it("reads and fills the upper one", async () => {
    const { lower, source, store } = twoTiers();
    lower.indexFaults.add({ kind: "fail" });
    for (let i = 0; i < 3; i++) {
      expect(await store.get("/a")).toEqual(counted(100));
      await store.idle();
    }
    expect(source.requests).toHaveLength(1);
  });

  it("ends a write above all the same when its end cannot be told below", async () => {
    const { lower, upper, storage } = twoTiers();
    await storage.put(A, counted(100));
    const intent = await storage.openWrite("s", "/a");
    lower.indexFaults.add({ kind: "fail", on: "closeWrite", times: 1 });
    await expect(intent.close(counted(5))).rejects.toMatchObject({ begun: true });
    expect(await upper.storage.has(A), "what nobody else was told of").toBe(false);
    expect((await upper.storage.claim(A)).state).toBe("fill");
    await upper.storage.closeStore("s");
  });

  it("refuses writes and invalidations, since the lower tier must hear of them", async () => {
    const { lower, upper, store } = twoTiers();
    await store.get("/a");
    await store.idle();
    lower.indexFaults.add({ kind: "fail" });
    await expect(store.invalidate()).rejects.toMatchObject({ tag: "CacheUnavailableError" });
    expect(await upper.storage.has(A)).toBe(true);
  });
});

describe("with the upper tier down", () => {
  it("reads from the lower one", async () => {
    const { upper, source, store } = twoTiers();
    await store.get("/a");
    await store.idle();
    upper.indexFaults.add({ kind: "fail" });
    for (let i = 0; i < 3; i++) expect(await store.get("/a")).toEqual(counted(100));
    expect(source.requests).toHaveLength(1);
  });
});

it("adds up what its tiers did, best first", async () => {
  const { store } = twoTiers();
  await store.get("/a");
  await store.idle();
  await store.get("/a");
  expect(store.stats().tiers).toMatchObject([
    { tier: "upper", hits: 1, fills: 1 },
    { tier: "lower", hits: 0, fills: 1 },
  ]);
});
