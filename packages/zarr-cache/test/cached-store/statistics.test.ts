import { expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import { faultPlan, faultySource } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { gatedSource } from "../support/gated-source.ts";
import { plainSource } from "../support/plain-source.ts";

/** Every read was answered in exactly one way. */
function addsUp(store: CachedStore): void {
  const { reads, hits, negativeHits, stale, coalesced, misses, failures } = store.stats();
  expect(hits + negativeHits + stale + coalesced + misses + failures).toBe(reads);
}

it("begin at zero", () => {
  const { store } = cached(new Map());
  expect(store.stats()).toMatchObject({
    reads: 0,
    hits: 0,
    negativeHits: 0,
    stale: 0,
    coalesced: 0,
    misses: 0,
    failures: 0,
    hitRatio: 0,
    source: { reads: 0, bytes: 0, missing: 0, failures: 0, meanMilliseconds: 0, writes: 0 },
  });
});

it("add up over every way to answer a read", async () => {
  const plan = faultPlan();
  const values = new Map([["/a", counted(10)]]);
  const { store, clock } = cached(faultySource(plainSource(values), plan), {
    maxAge: 1000,
    staleWhileRevalidate: 100,
  });
  await Promise.all([store.get("/a"), store.get("/a"), store.get("/a")]);
  await store.get("/a");
  await store.getRange("/a", { offset: 2, length: 3 });
  await store.getRange("/a", { offset: 2, length: 0 });
  await store.get("/missing");
  await store.get("/missing");
  clock.advance(1100);
  await store.get("/a");
  await store.idle();
  clock.advance(2000);
  plan.add({ kind: "fail" });
  await store.get("/a");
  await expect(store.get("/new")).rejects.toThrow();
  await expect(store.get("/new", { signal: AbortSignal.abort() })).rejects.toThrow();
  await expect(store.get("bad" as "/bad")).rejects.toThrow();
  expect(store.stats()).toMatchObject({
    reads: 11,
    misses: 2,
    coalesced: 2,
    hits: 3,
    negativeHits: 1,
    stale: 2,
    failures: 1,
    source: { reads: 5, bytes: 20, missing: 1, failures: 2, writes: 0 },
  });
  addsUp(store);
});

it("add up for ranges of a source that has none, and of one that ignores them", async () => {
  const value = counted(100);
  const sources = [
    new Map([["/a", value]]),
    { get: async () => value, getRange: async () => value },
  ] as const;
  for (const source of sources) {
    const { store } = cached(source);
    await Promise.all([
      store.getRange("/a", { offset: 0, length: 4 }),
      store.getRange("/a", { offset: 0, length: 4 }),
      store.getRange("/a", { offset: 4, length: 4 }),
      store.get("/a"),
    ]);
    await store.getRange("/a", { offset: 8, length: 4 });
    expect(store.stats().reads).toBe(5);
    addsUp(store);
  }
});

it("count a reader's own abort as a failure", async () => {
  const gate = gatedSource();
  const { store } = cached(gate);
  const leaver = new AbortController();
  const left = store.get("/a", { signal: leaver.signal });
  await gate.arrived(0);
  leaver.abort();
  await expect(left).rejects.toThrow();
  await store.idle();
  expect(store.stats()).toMatchObject({ reads: 1, failures: 1, source: { reads: 1, failures: 1 } });
});

it("tell the share of reads that needed no source read of their own", async () => {
  const { store } = cached(new Map([["/a", counted(1)]]));
  for (let i = 0; i < 4; i++) await store.get("/a");
  expect(store.stats().hitRatio).toBe(0.75);
});

it("do not change once they were given", async () => {
  const { store } = cached(new Map([["/a", counted(1)]]));
  await store.get("/a");
  const before = store.stats();
  const copy = structuredClone(before);
  await store.get("/a");
  await store.get("/b");
  expect(before).toEqual(copy);
});

it("tell what the tier did for this store alone", async () => {
  const { store, storage } = cached(new Map([["/a", counted(7)]]));
  const other = new CachedStore(new Map([["/a", counted(9)]]), "other", storage);
  for (let i = 0; i < 3; i++) await store.get("/a");
  await other.get("/a");
  await storage.idle();
  expect(store.stats().tiers).toMatchObject([
    { tier: "memory", hits: 2, bytes: 14, fills: 1, filledBytes: 7 },
  ]);
  expect(other.stats().tiers).toMatchObject([{ tier: "memory", hits: 0, fills: 1, filledBytes: 9 }]);
});
