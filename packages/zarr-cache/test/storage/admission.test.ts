import { expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import { IndexedCacheStorage } from "../../src/indexed-cache-storage.ts";
import { MemoryStoreIndex } from "../../src/memory/memory-store-index.ts";
import { MemoryStoreOpener } from "../../src/memory/memory-store-opener.ts";
import { countingSource, faultPlan, faultyOpener } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { holdCall } from "../support/hold-call.ts";
import { settleAndCheck, testTier } from "../support/memory-tier.ts";
import { plainSource } from "../support/plain-source.ts";

it("deletes the bytes of an earlier index before it admits the first of its own", async () => {
  const opener = new MemoryStoreOpener();
  const old = new IndexedCacheStorage(new MemoryStoreIndex(), opener);
  await old.put({ storeId: "s", key: "/old" }, counted(100));
  await old.close();
  const plan = faultPlan();
  const storage = new IndexedCacheStorage(new MemoryStoreIndex(), faultyOpener(opener, plan));
  const deleting = holdCall(plan, "delete");
  const filling = storage.put({ storeId: "s", key: "/new" }, counted(10));
  await deleting.come;
  expect(plan.calls("set")).toBe(0);
  deleting.go();
  expect(await filling).toBe(true);
  const names: unknown[] = [];
  for await (const name of opener.names()) names.push(name);
  expect(names).toHaveLength(1);
  await settleAndCheck(storage);
});

it("admits nothing while the bytes of an earlier index cannot be deleted, and reads all the same", async () => {
  const opener = new MemoryStoreOpener();
  await opener.open("s").set("stranger", counted(10), undefined);
  const plan = faultPlan();
  plan.add({ kind: "fail", on: "delete", times: 2 });
  const storage = new IndexedCacheStorage(new MemoryStoreIndex(), faultyOpener(opener, plan));
  const store = new CachedStore(new Map([["/a", counted(3)]]), "s", storage);
  for (let i = 0; i < 2; i++) {
    expect(await store.get("/a")).toEqual(counted(3));
    await store.idle();
    expect(plan.calls("set")).toBe(0);
  }
  expect(await store.get("/a")).toEqual(counted(3));
  await store.idle();
  expect(plan.calls("set")).toBe(1);
  await settleAndCheck(storage);
});

it("drops fills that are over the bytes that may be under way, and never blocks a reader", async () => {
  const values = new Map(Array.from({ length: 5 }, (_, i) => [`/${i}`, counted(1000, i)] as const));
  const { storage, byteFaults } = testTier({ storage: { maxFillBytes: 2000 } });
  const store = new CachedStore(plainSource(values), "s", storage);
  const writes = [holdCall(byteFaults, "set"), holdCall(byteFaults, "set")];
  for (const [key, value] of values) expect(await store.get(key as "/0")).toEqual(value);
  for (const write of writes) write.go();
  await store.idle();
  expect((await storage.usage()).entries).toBe(2);
  expect(store.stats().tiers[0]?.refusals["full"]).toBe(3);
});

it("keeps what a reader brings beside a warming, which waits for its half of the bytes under way", async () => {
  const warmed = Array.from({ length: 6 }, (_, i) => `/warmed/${i}`);
  const read = ["/read/0", "/read/1"] as const;
  const values = new Map([...warmed, ...read].map((key, i) => [key, counted(1000, i)]));
  const { storage, byteFaults } = testTier({ storage: { maxFillBytes: 4000 } });
  const store = new CachedStore(plainSource(values), "s", storage);
  const writes = Array.from({ length: 4 }, () => holdCall(byteFaults, "set"));
  const warming = store.warm(warmed, { concurrency: 6 });
  await writes[1]?.come;
  for (const key of read) await store.get(key);
  await writes[3]?.come;
  expect(byteFaults.calls("set")).toBe(4);
  for (const write of writes) write.go();
  expect(await warming).toMatchObject({ done: 6, refused: 0 });
  await store.idle();
  expect(store.stats().tiers[0]?.refusals["full"] ?? 0).toBe(0);
  expect((await storage.usage()).entries).toBe(8);
});

it("keeps one fill that alone is over the bound", async () => {
  const { storage } = testTier({ storage: { maxFillBytes: 10 } });
  expect(await storage.put({ storeId: "s", key: "/a" }, counted(1000))).toBe(true);
});

it("stays within its budget while it evicts what is cheap for what is dear", async () => {
  const { storage } = testTier({ index: { maxBytes: 50_000 } });
  for (let i = 0; i < 200; i++) {
    await storage.put({ storeId: "s", key: `/${i}` }, counted(1000, i), { cost: 1 + i });
    const { bytes, maxBytes } = await storage.usage();
    expect(bytes).toBeLessThanOrEqual(maxBytes);
  }
  expect(await storage.has({ storeId: "s", key: "/199" })).toBe(true);
  expect(await storage.has({ storeId: "s", key: "/0" })).toBe(false);
});

it("does not admit what would be evicted first", async () => {
  const { storage } = testTier({ index: { maxBytes: 10_000, maxEntryBytes: 10_000 } });
  for (let i = 0; i < 6; i++) await storage.put({ storeId: "s", key: `/${i}` }, counted(1000), { cost: 1e6 });
  expect(await storage.put({ storeId: "s", key: "/cheap" }, counted(1000), { cost: 0.01 })).toBe(true);
  expect(await storage.put({ storeId: "s", key: "/cheap2" }, counted(5000), { cost: 0.01 })).toBe(false);
  expect(await storage.has({ storeId: "s", key: "/0" })).toBe(true);
});

it("leaves a mark for a while on what was refused, so that nobody queues behind it", async () => {
  const source = countingSource(plainSource(new Map([["/a", counted(1001)]])));
  const { storage, clock, indexFaults } = testTier({ index: { maxEntryBytes: 1000 } });
  const store = new CachedStore(source, "s", storage);
  await store.get("/a");
  await store.idle();
  const claim = await storage.claim({ storeId: "s", key: "/a" });
  expect(claim.state).toBe("pass");
  expect(indexFaults.calls("settled")).toBe(0);
  clock.advance(5000);
  const later = await storage.claim({ storeId: "s", key: "/a" });
  expect(later.state).toBe("fill");
  if (later.state === "fill") await later.abandon();
});

it("lets readers wait until what they read is kept, where that is asked for", async () => {
  const { storage } = testTier({ storage: { fills: "await" } });
  const store = new CachedStore(plainSource(new Map([["/a", counted(10)]])), "s", storage);
  await store.get("/a");
  expect(await storage.has({ storeId: "s", key: "/a" })).toBe(true);
});

it("keeps data when it is read again, where that is asked for, and queues nobody meanwhile", async () => {
  const source = countingSource(
    plainSource(
      new Map([
        ["/zarr.json", counted(10)],
        ["/c/0", counted(100)],
      ]),
    ),
  );
  const { storage } = testTier({ storage: { admitOn: "second-request" } });
  const store = new CachedStore(source, "s", storage);
  for (let i = 0; i < 3; i++) {
    await store.get("/zarr.json");
    await store.get("/c/0");
    await store.idle();
  }
  expect(source.requests.filter(({ key }) => key === "/zarr.json")).toHaveLength(1);
  expect(source.requests.filter(({ key }) => key === "/c/0")).toHaveLength(2);
  expect(store.stats().tiers[0]?.refusals["unproven"]).toBe(1);
});

it("keeps no data that is cheaper to get again than the tier asks for", async () => {
  const { storage } = testTier({ storage: { minCost: "10 ms" } });
  expect(await storage.put({ storeId: "s", key: "/c/0" }, counted(100), { cost: 9 })).toBe(false);
  expect(await storage.put({ storeId: "s", key: "/c/0" }, counted(100), { cost: 11 })).toBe(true);
});
