import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import { DiskStoreOpener, LmdbStoreIndex } from "../../src/disk/index.ts";
import { IndexedCacheStorage } from "../../src/indexed-cache-storage.ts";
import { faultPlan, faultyIndex } from "../../src/testing/index.ts";
import { TieredCacheStorage } from "../../src/tiered-cache-storage.ts";
import { counted } from "../support/bytes.ts";
import { holdCall } from "../support/hold-call.ts";
import { settleAndCheck, type TestTier, testTier } from "../support/memory-tier.ts";
import { plainSource } from "../support/plain-source.ts";

/** A store over some tiers, best first, whose lowest is also written to by another store; `/a` and `/b` are in all. */
async function overTiers(...names: string[]) {
  const lowest = testTier({ storage: { tier: "lowest" } });
  const { clock } = lowest;
  const above = names.map((tier) => testTier({ clock, storage: { tier } }));
  const storage = new TieredCacheStorage([...above.map((tier) => tier.storage), lowest.storage]);
  const values = new Map([
    ["/a", counted(100)],
    ["/b", counted(200)],
  ]);
  const source = {
    ...plainSource(values),
    set: async (key: string, value: Uint8Array) => void values.set(key, value),
    delete: async (key: string) => values.delete(key),
  };
  const store = new CachedStore(source, "s", storage);
  const other = new CachedStore(source, "s", lowest.storage);
  const tiers: string[] = [];
  store.on("hit", ({ tier }) => tiers.push(tier));
  const read = async (key: "/a" | "/b") => {
    const value = await store.get(key);
    await store.idle();
    return value;
  };
  await read("/a");
  await read("/b");
  /** The tiers that a key is then read from. */
  const readFrom = async (key: "/a" | "/b") => {
    tiers.length = 0;
    await read(key);
    return [...tiers];
  };
  /** Tells the tiers again what they have not heard, and lets the breakers cool down. */
  const hearAgain = async () => {
    await setImmediate();
    await storage.catchUp();
    await setImmediate();
    expect(await storage.catchUp()).toBe(true);
    clock.advance(5000);
  };
  return { above, lowest, storage, other, read, readFrom, hearAgain };
}

it("a tier that could not hear of an invalidation does not answer until it has", async () => {
  const { above, other, read, readFrom, hearAgain } = await overTiers("upper");
  above[0]?.indexFaults.add({ kind: "fail", on: "invalidate" });
  await other.set("/a", counted(5));
  for (let i = 0; i < 3; i++) expect(await read("/a")).toEqual(counted(5));
  expect(await readFrom("/b"), "what else it has").toEqual(["lowest"]);
  above[0]?.indexFaults.clear();
  await hearAgain();
  expect(await readFrom("/b")).toEqual(["upper"]);
  await read("/a");
  expect(await read("/a")).toEqual(counted(5));
  expect(await readFrom("/a")).toEqual(["upper"]);
});

it("a middle tier that could not hear of a deletion is skipped, with the copies above it, until it has", async () => {
  const { above, other, storage, read, readFrom, hearAgain } = await overTiers("upper", "middle");
  above[1]?.indexFaults.add({ kind: "fail", on: "invalidate" });
  await other.delete("/a");
  for (let i = 0; i < 3; i++) expect(await read("/a")).toBeUndefined();
  expect(await readFrom("/b")).toEqual(["lowest"]);
  expect(await storage.catchUp()).toBe(false);
  above[1]?.indexFaults.clear();
  await hearAgain();
  expect(await read("/a")).toBeUndefined();
  expect(await readFrom("/b")).toEqual(["upper"]);
});

it("a tier on disk that could not hear of an invalidation is skipped until it has", async () => {
  const directory = await mkdtemp(join(tmpdir(), "zarr-cache-untold-"));
  const faults = faultPlan();
  const lowest = testTier({ storage: { tier: "lowest" } });
  const disk = new IndexedCacheStorage(
    faultyIndex(new LmdbStoreIndex(join(directory, "index"), { clock: lowest.clock.now }), faults),
    new DiskStoreOpener(join(directory, "chunks", "{store_id}"), { minFreeBytes: 0 }),
    { tier: "disk" },
  );
  onTestFinished(async () => {
    await settleAndCheck(disk);
    await rm(directory, { recursive: true, force: true });
  });
  const storage = new TieredCacheStorage([disk, lowest.storage]);
  const part = { storeId: "s", key: "/a" };
  await storage.put(part, counted(100));
  await storage.idle();
  expect(await storage.get(part)).toMatchObject({ tier: "disk" });
  faults.add({ kind: "fail", on: "invalidate" });
  await lowest.storage.invalidate("s", "/a");
  expect(await disk.has(part), "it could not drop it").toBe(true);
  for (let i = 0; i < 3; i++) expect(await storage.get(part)).toBeUndefined();
  faults.clear();
  await lowest.storage.put(part, counted(5));
  await expect.poll(() => storage.catchUp()).toBe(true);
  expect((await storage.get(part))?.value).toEqual(counted(5));
});

it("a tier that is being told of an invalidation does not answer, and nobody waits for it", async () => {
  const { above, other, read, readFrom } = await overTiers("upper");
  const telling = holdCall((above[0] as TestTier).indexFaults, "invalidate");
  await other.set("/a", counted(5));
  await telling.come;
  expect(await read("/a")).toEqual(counted(5));
  expect(await readFrom("/b")).toEqual(["lowest"]);
  telling.go();
  await read("/b");
  expect(await readFrom("/b")).toEqual(["upper"]);
});

it("a tier in memory that hears at once answers at once", async () => {
  const { storage, other, readFrom } = await overTiers("upper");
  expect(storage.get({ storeId: "s", key: "/b" }), "not a promise").toMatchObject({ tier: "upper" });
  await other.set("/a", counted(5));
  expect(await readFrom("/b")).toEqual(["upper"]);
});

it("a tier that fails to hear again is asked once per read, not once for each of what it has not heard", async () => {
  const { above, other, read } = await overTiers("upper");
  const faults = above[0]?.indexFaults;
  faults?.add({ kind: "fail", on: "invalidate" });
  for (const path of ["/a", "/b", "/c", "/d/"]) await other.invalidate(path);
  const before = faults?.calls("invalidate") as number;
  await read("/b");
  const asked = (faults?.calls("invalidate") as number) - before;
  expect(asked).toBeGreaterThan(0);
  expect(asked).toBeLessThanOrEqual(3);
});

it("a tier that could not hear of very many paths drops the whole store", async () => {
  const { above, lowest, readFrom, hearAgain } = await overTiers("upper");
  const faults = above[0]?.indexFaults;
  faults?.add({ kind: "fail", on: "invalidate" });
  for (let i = 0; i < 1000; i++) await lowest.storage.invalidate("s", `/c/${i}`);
  faults?.clear();
  const before = faults?.calls("invalidate") as number;
  await hearAgain();
  expect((faults?.calls("invalidate") as number) - before).toBeLessThanOrEqual(101);
  expect(await readFrom("/b"), "dropped with the store").toEqual(["lowest"]);
  expect(await readFrom("/b")).toEqual(["upper"]);
});
