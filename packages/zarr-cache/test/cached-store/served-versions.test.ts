import { expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { VersionedSource } from "../support/versioned-source.ts";

const OLD = counted(100);
const NEW = counted(100, 100);
const END = { suffixLength: 10 };
const CHANGED = { tag: "SourceChangedError" };
const at = (offset: number) => ({ offset, length: 10 });

/** A source whose shard `/c/0` is half cached, and a new store, as of a new process, over the same storage. */
async function halfCached() {
  const source = new VersionedSource().put("/c/0", OLD, '"1"');
  const before = cached(source);
  await before.store.getRange("/c/0", END);
  await before.store.getRange("/c/0", at(0));
  await before.store.idle();
  source.taken();
  const store = new CachedStore(source, "s", before.storage);
  return { ...before, source, store };
}

it("asks for the chunks of a shard by the version of its cached index, also in a new process", async () => {
  const { source, store } = await halfCached();
  expect(await store.getRange("/c/0", END)).toEqual(OLD.slice(-10));
  expect(await store.getRange("/c/0", at(10))).toEqual(OLD.slice(10, 20));
  expect(source.taken()).toEqual([{ key: "/c/0", range: at(10), ifMatch: '"1"', status: "value" }]);
});

it("rejects the chunks of a shard that was replaced, until its index is read anew", async () => {
  const { source, store } = await halfCached();
  expect(await store.getRange("/c/0", END)).toEqual(OLD.slice(-10));
  source.put("/c/0", NEW, '"2"');
  expect(await store.getRange("/c/0", at(0))).toEqual(OLD.slice(0, 10));
  for (let i = 0; i < 2; i++) await expect(store.getRange("/c/0", at(10))).rejects.toMatchObject(CHANGED);
  // What was cached of the old version is gone as well.
  await expect(store.getRange("/c/0", at(0))).rejects.toMatchObject(CHANGED);
  expect(await store.getRange("/c/0", END)).toEqual(NEW.slice(-10));
  for (const offset of [0, 10])
    expect(await store.getRange("/c/0", at(offset))).toEqual(NEW.slice(offset, offset + 10));
});

it("takes no cached chunk of another version than the index that it has served", async () => {
  const { source, store, storage } = await halfCached();
  source.put("/c/0", NEW, '"2"');
  await storage.delete("s", "/c/0");
  const other = new CachedStore(source, "s", storage);
  await other.getRange("/c/0", at(20));
  await other.idle();
  source.put("/c/0", OLD, '"1"');
  expect(await store.getRange("/c/0", END)).toEqual(OLD.slice(-10));
  source.taken();
  expect(await store.getRange("/c/0", at(20))).toEqual(OLD.slice(20, 30));
  expect(source.taken()).toMatchObject([{ ifMatch: '"1"', status: "value" }]);
});

it("takes no part of a whole that came between", async () => {
  const { source, store } = await halfCached();
  await store.getRange("/c/0", END);
  source.put("/c/0", NEW, '"2"');
  await store.invalidate("/c/0");
  expect(await store.get("/c/0")).toEqual(NEW);
  await store.idle();
  await expect(store.getRange("/c/0", at(0))).rejects.toMatchObject(CHANGED);
});

it("compares versions itself where the source does not", async () => {
  const { storage, source } = await halfCached();
  const lax = { get: () => source.get(), read: source.read.bind(source) };
  lax.read = (key, { ifMatch: _, ...read } = {}) => source.read(key, read);
  const store = new CachedStore(lax, "s", storage);
  await store.getRange("/c/0", END);
  source.put("/c/0", NEW, '"2"');
  await expect(store.getRange("/c/0", at(10))).rejects.toMatchObject(CHANGED);
});

it("lets whoever reads one range again and again have each new version", async () => {
  const source = new VersionedSource().put("/c/0", OLD);
  const { store, clock } = cached(source, { maxAge: "1m" });
  expect(await store.getRange("/c/0", at(0))).toEqual(OLD.slice(0, 10));
  await store.idle();
  source.put("/c/0", NEW);
  clock.advance(60_001);
  expect(await store.getRange("/c/0", at(0))).toEqual(NEW.slice(0, 10));
});

it("tells who reads ranges without an index once that the value has changed", async () => {
  const source = new VersionedSource().put("/c/0", OLD);
  const { store } = cached(source);
  await store.getRange("/c/0", at(0));
  await store.idle();
  source.put("/c/0", NEW);
  await expect(store.getRange("/c/0", at(10))).rejects.toMatchObject(CHANGED);
  for (const offset of [10, 0])
    expect(await store.getRange("/c/0", at(offset))).toEqual(NEW.slice(offset, offset + 10));
});
