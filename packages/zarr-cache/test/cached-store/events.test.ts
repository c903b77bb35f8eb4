import { expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import type { StoreEvents } from "../../src/store/store-events.ts";
import { TieredCacheStorage } from "../../src/tiered-cache-storage.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { testTier } from "../support/memory-tier.ts";
import { plainSource } from "../support/plain-source.ts";

/** Collects the events of some names of a store. */
function collect(store: CachedStore, ...names: (keyof StoreEvents)[]): unknown[] {
  const events: unknown[] = [];
  for (const name of names) store.on(name, (detail) => events.push({ name, ...detail }));
  return events;
}

it("tell of a fetch and a fill, then of hits", async () => {
  const { store } = cached(plainSource(new Map([["/a", counted(10)]])));
  const events = collect(store, "fetch", "fill", "hit");
  await store.get("/a");
  await store.idle();
  await store.get("/a");
  await store.getRange("/a", { offset: 1, length: 4 });
  expect(events).toEqual([
    { name: "fetch", key: "/a", bytes: 10, milliseconds: expect.any(Number) },
    { name: "fill", key: "/a", bytes: 10 },
    { name: "hit", key: "/a", tier: "memory", bytes: 10 },
    { name: "hit", key: "/a", range: { offset: 1, length: 4 }, tier: "memory", bytes: 4 },
  ]);
});

it("tell of hits of tiers that answer later, by the tier's name", async () => {
  const lower = testTier({ storage: { tier: "lower" } });
  const upper = testTier({ clock: lower.clock, storage: { tier: "upper" } });
  const source = plainSource(new Map([["/a", counted(10)]]));
  await new CachedStore(source, "s", lower.storage).get("/a");
  await lower.storage.idle();
  const store = new CachedStore(source, "s", new TieredCacheStorage([upper.storage, lower.storage]));
  const events = collect(store, "hit", "fetch");
  await store.get("/a");
  await store.idle();
  await store.get("/a");
  expect(events).toEqual([
    { name: "hit", key: "/a", tier: "lower", bytes: 10 },
    { name: "hit", key: "/a", tier: "upper", bytes: 10 },
  ]);
});

it("tell of what was refused and evicted", async () => {
  const { store } = cached(
    plainSource(new Map([["/large", counted(5000)]])),
    {},
    { index: { maxBytes: 8000 } },
  );
  const events = collect(store, "refuse", "evict");
  await store.get("/large");
  await store.idle();
  expect(events).toEqual([
    { name: "refuse", tier: "memory", part: { storeId: "s", key: "/large" }, reason: "oversized" },
  ]);
  for (let i = 0; i < 100; i++) await store.get(`/${i}`);
  await store.idle();
  expect(events).toContainEqual({ name: "evict", tier: "memory", entries: expect.any(Number) });
});

it("tell of invalidations and writes of this store only", async () => {
  const { store, storage } = cached(new Map());
  const other = new CachedStore(new Map(), "other", storage);
  const events = collect(store, "invalidate");
  await other.invalidate("/a");
  await store.invalidate("/b");
  await store.set("/c", counted(1));
  expect(events.map((event) => (event as { path: string }).path)).toEqual(
    expect.arrayContaining(["/b", "/c"]),
  );
  expect(events).not.toContainEqual(expect.objectContaining({ path: "/a" }));
});

it("tell nothing any more once they are stopped", async () => {
  const { store } = cached(new Map());
  const events: string[] = [];
  const stops = [
    store.on("fetch", () => events.push("fetch")),
    store.on("invalidate", () => events.push("invalidate")),
  ];
  for (const stop of stops) stop();
  for (const stop of stops) stop();
  await store.get("/a");
  await store.invalidate();
  expect(events).toEqual([]);
});

it("tell one listener as often as it was added", async () => {
  const { store } = cached(new Map());
  let told = 0;
  const listener = () => {
    told++;
  };
  const stop = store.on("fetch", listener);
  store.on("fetch", listener);
  await store.get("/a");
  stop();
  await store.get("/b");
  expect(told).toBe(3);
});
