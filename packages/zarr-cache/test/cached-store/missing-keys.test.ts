import { expect, it } from "vitest";
import { countingSource, faultPlan, faultySource } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { plainSource } from "../support/plain-source.ts";

it("asks once for a missing key that is read ten times within its age", async () => {
  const source = countingSource(plainSource(new Map()));
  const { store } = cached(source);
  for (let i = 0; i < 10; i++) expect(await store.get("/a")).toBeUndefined();
  expect(source.countOf("/a")).toBe(1);
  expect(store.stats()).toMatchObject({ reads: 10, misses: 1, negativeHits: 9 });
});

it("sees a key that comes into being at the latest after the age of missing keys", async () => {
  const values = new Map<string, Uint8Array>();
  const { store, clock } = cached(plainSource(values));
  expect(await store.get("/a")).toBeUndefined();
  values.set("/a", counted(3));
  clock.advance(60_000);
  expect(await store.get("/a")).toBeUndefined();
  clock.advance(1);
  expect(await store.get("/a")).toEqual(counted(3));
});

it("gives missing metadata the age of metadata", async () => {
  const source = countingSource(plainSource(new Map()));
  const { store, clock } = cached(source, { maxAge: { metadata: 1000, missing: 10 } });
  await store.get("/zarr.json");
  clock.advance(1000);
  await store.get("/zarr.json");
  expect(source.countOf("/zarr.json")).toBe(1);
  clock.advance(1);
  await store.get("/zarr.json");
  expect(source.countOf("/zarr.json")).toBe(2);
});

it("sees a key at once that was written through the store", async () => {
  const { store } = cached(new Map());
  expect(await store.get("/a")).toBeUndefined();
  expect(await store.getRange("/a", { offset: 0, length: 2 })).toBeUndefined();
  await store.set("/a", counted(3));
  expect(await store.get("/a")).toEqual(counted(3));
  expect(await store.getRange("/a", { offset: 0, length: 2 })).toEqual(counted(2));
});

it("never takes a failure for a missing key", async () => {
  const plan = faultPlan();
  const source = faultySource(plainSource(new Map([["/a", counted(3)]])), plan);
  const { store, storage } = cached(source);
  plan.add({ kind: "fail", times: 3 });
  for (let i = 0; i < 3; i++) await expect(store.get("/a")).rejects.toMatchObject({ name: "InjectedFault" });
  await store.idle();
  expect((await storage.usage()).entries).toBe(0);
  expect(await store.get("/a")).toEqual(counted(3));
});

it("charges missing keys to the budget, so that they cannot grow without bound", async () => {
  const { store, storage } = cached(plainSource(new Map()), {}, { index: { maxBytes: 10_000 } });
  for (let i = 0; i < 200; i++) await store.get(`/${i}`);
  await store.idle();
  const { bytes, entries } = await storage.usage();
  expect(bytes).toBeLessThanOrEqual(10_000);
  expect(entries).toBeGreaterThan(10);
  expect(entries).toBeLessThan(100);
});
