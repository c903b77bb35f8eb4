import { expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import { countingSource } from "../../src/testing/index.ts";
import { TieredCacheStorage } from "../../src/tiered-cache-storage.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { testTier } from "../support/memory-tier.ts";
import { plainSource } from "../support/plain-source.ts";

const source = (identity: string, from = 0) => ({
  ...plainSource(new Map([["/a", counted(4, from)]])),
  identity,
});

it("takes the identity of the source, or the option", () => {
  expect(cached(source("one")).store.identity).toBe("one");
  expect(cached(source("one"), { identity: "two" }).store.identity).toBe("two");
  expect(cached(new Map()).store.identity).toBeUndefined();
  const named = Object.assign(new Map<string, Uint8Array>(), { identity: "three" });
  expect(cached(named).store.identity).toBe("three");
});

it("refuses another source under the same id, for every read and write", async () => {
  const { store, storage } = cached(source("one"));
  await store.get("/a");
  const other = new CachedStore({ ...source("two", 9), set: async () => {} }, "s", storage);
  const conflict = { tag: "StoreIdConflictError", storeId: "s", bound: "one", given: "two" };
  await expect(other.get("/a")).rejects.toMatchObject(conflict);
  await expect(other.getRange("/a", { offset: 0, length: 1 })).rejects.toMatchObject(conflict);
  await expect(other.has("/a")).rejects.toMatchObject(conflict);
  await expect(other.set("/a", counted(1))).rejects.toMatchObject(conflict);
});

it("does not let the refused one disturb the one that the id belongs to", async () => {
  const counting = countingSource(source("one"));
  const { store, storage } = cached(counting);
  await store.get("/a");
  await expect(new CachedStore(source("two"), "s", storage).get("/a")).rejects.toThrow();
  for (let i = 0; i < 3; i++) expect(await store.get("/a")).toEqual(counted(4));
  await storage.idle();
  expect(await store.get("/a")).toEqual(counted(4));
  expect(counting.requests).toHaveLength(1);
});

it("does not let the refused one take the id in the tiers above", async () => {
  const lower = testTier();
  await lower.storage.bind("s", "one");
  const storage = new TieredCacheStorage([testTier({ clock: lower.clock }).storage, lower.storage]);
  await expect(new CachedStore(source("two", 9), "s", storage).get("/a")).rejects.toThrow();
  expect(await new CachedStore(source("one"), "s", storage).get("/a")).toEqual(counted(4));
});

it("lets several stores of one source share an id", async () => {
  const counting = countingSource(source("one"));
  const { store, storage } = cached(counting);
  await store.get("/a");
  expect(await new CachedStore(counting, "s", storage).get("/a")).toEqual(counted(4));
  expect(counting.requests).toHaveLength(1);
});

it("trusts a source without identity by its id alone", async () => {
  const { store, storage } = cached(source("one"));
  await store.get("/a");
  const nameless = new CachedStore(plainSource(new Map()), "s", storage);
  expect(await nameless.get("/a")).toEqual(counted(4));
});

it("frees the id when the store is deleted", async () => {
  const { store, storage } = cached(source("one"));
  await store.get("/a");
  await storage.deleteStore("s");
  expect(await new CachedStore(source("two", 9), "s", storage).get("/a")).toEqual(counted(4, 9));
});

it("serves nothing from the cache while the index cannot say whose the id is", async () => {
  const { storage, indexFaults } = testTier();
  await new CachedStore(source("one"), "s", storage).get("/a");
  await storage.idle();
  indexFaults.add({ kind: "fail", on: "bind", times: 1 });
  const other = new CachedStore(source("two", 9), "s", storage);
  expect(await other.get("/a")).toEqual(counted(4, 9));
  await storage.idle();
  expect(await other.get("/a")).toEqual(counted(4, 9));
});
