import { expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import { TieredCacheStorage } from "../../src/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { testTier } from "../support/memory-tier.ts";
import { VersionedSource } from "../support/versioned-source.ts";

const VALUE = counted(100);
const MINUTE = 60_000;

it("asks for a value past its age by its validator, and renews its age without moving bytes", async () => {
  const source = new VersionedSource().put("/c/0", VALUE, '"1"');
  const { store, storage, clock } = cached(source, { maxAge: "1m" });
  await store.get("/c/0");
  await store.idle();
  for (let round = 0; round < 3; round++) {
    clock.advance(MINUTE + 1);
    source.taken();
    expect(await store.get("/c/0")).toEqual(VALUE);
    await store.idle();
    expect(source.taken()).toEqual([{ key: "/c/0", ifNoneMatch: '"1"', status: "unchanged" }]);
    expect(await storage.get({ storeId: "s", key: "/c/0" })).toMatchObject({ age: 0, validator: '"1"' });
    clock.advance(MINUTE);
    expect(await store.get("/c/0")).toEqual(VALUE);
    expect(source.taken()).toEqual([]);
  }
  expect(store.stats().source).toMatchObject({ reads: 4, unchanged: 3, bytes: 100 });
  expect(store.stats()).toMatchObject({ reads: 7, hits: 3, misses: 4 });
});

it("takes the new value where the source has another version", async () => {
  const source = new VersionedSource().put("/c/0", VALUE);
  const { store, clock } = cached(source, { maxAge: "1m" });
  await store.get("/c/0");
  await store.idle();
  source.put("/c/0", counted(50, 7));
  clock.advance(MINUTE + 1);
  expect(await store.get("/c/0")).toEqual(counted(50, 7));
  await store.idle();
  expect(await store.get("/c/0")).toEqual(counted(50, 7));
  expect(source.taken().map(({ status }) => status)).toEqual(["value", "value"]);
});

it("asks once for all who read a value past its age at the same time, in two stores over one storage", async () => {
  const source = new VersionedSource().put("/c/0", VALUE);
  const { store, storage, clock } = cached(source, { maxAge: "1m" });
  const other = new CachedStore(source, "s", storage, { maxAge: "1m" });
  await store.get("/c/0");
  await store.idle();
  clock.advance(MINUTE + 1);
  source.taken();
  const reads = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? store : other).get("/c/0"));
  for (const value of await Promise.all(reads)) expect(value).toEqual(VALUE);
  expect(source.taken()).toHaveLength(1);
});

it("renews the age in every tier", async () => {
  const source = new VersionedSource().put("/c/0", VALUE);
  const upper = testTier();
  const lower = testTier({ clock: upper.clock });
  const storage = new TieredCacheStorage([upper.storage, lower.storage]);
  const store = new CachedStore(source, "s", storage, { maxAge: "1m" });
  await store.get("/c/0");
  await store.idle();
  upper.clock.advance(MINUTE + 1);
  await store.get("/c/0");
  await store.idle();
  for (const tier of [upper, lower])
    expect(await tier.storage.get({ storeId: "s", key: "/c/0" })).toMatchObject({ age: 0 });
  upper.clock.advance(MINUTE);
  await store.get("/c/0");
  expect(source.taken()).toHaveLength(2);
});

it("asks once for all ranges of a version, and for a range of a whole", async () => {
  const source = new VersionedSource().put("/c/0", VALUE).put("/c/1", VALUE);
  const { store, clock } = cached(source, { maxAge: "1m" });
  const offsets = [0, 10, 20, 30, 40];
  const readAll = () =>
    Promise.all(
      (["/c/0", "/c/1"] as const).flatMap((key) =>
        offsets.map(async (offset) =>
          expect(await store.getRange(key, { offset, length: 5 })).toEqual(counted(5, offset)),
        ),
      ),
    );
  await store.get("/c/1");
  await store.idle();
  await readAll();
  await store.idle();
  source.taken();
  clock.advance(MINUTE + 1);
  await readAll();
  await store.idle();
  expect(source.taken().map(({ key, status }) => [key, status])).toEqual([
    ["/c/0", "unchanged"],
    ["/c/1", "unchanged"],
  ]);
  clock.advance(MINUTE);
  await readAll();
  expect(source.taken()).toEqual([]);
});

it("asks behind an answer that may be stale, and serves stale when the source fails", async () => {
  const source = new VersionedSource().put("/c/0", VALUE);
  const { store, clock } = cached(source, { maxAge: "1m", staleWhileRevalidate: "1m" });
  await store.get("/c/0");
  await store.idle();
  clock.advance(MINUTE + 1);
  expect(await store.get("/c/0")).toEqual(VALUE);
  await store.idle();
  expect(source.taken().map(({ status }) => status)).toEqual(["value", "unchanged"]);
  clock.advance(2 * MINUTE + 1);
  source.failure = new Error("down");
  expect(await store.get("/c/0")).toEqual(VALUE);
  expect(store.stats().stale).toBe(2);
});

it("does not ask by the validator of what was invalidated meanwhile", async () => {
  const source = new VersionedSource().put("/c/0", VALUE);
  const { store, clock, storage } = cached(source, { maxAge: "1m" });
  await store.get("/c/0");
  await store.idle();
  clock.advance(MINUTE + 1);
  const reading = store.get("/c/0");
  await store.invalidate("/c/0");
  expect(await reading).toEqual(VALUE);
  await store.idle();
  expect(await storage.get({ storeId: "s", key: "/c/0" })).toBeUndefined();
});
