import { expect, it } from "vitest";
import * as zarr from "zarrita";
import { CachedStore } from "../../src/cached-store.ts";
import { fakeClock } from "../../src/testing/index.ts";
import { cacheDecodedChunks } from "../../src/zarrita/index.ts";
import { cached } from "../support/cached.ts";
import { counted, firstOf, openArray, writeArray } from "./arrays.ts";

it("never lets arrays of different stores meet, whatever their paths", async () => {
  const chunks = cacheDecodedChunks();
  for (const first of [1, 1001]) {
    const source = new Map<string, Uint8Array>();
    await writeArray(source, "a", first);
    for (const store of [source, cached(source).store]) {
      const array = zarr.extendArray(await openArray(store, "a"), chunks.extension);
      expect(await firstOf(array, [0, 0])).toBe(first);
    }
  }
});

it("takes two stores with the same id on one storage for the same, and an extension around one for another", async () => {
  const source = new Map<string, Uint8Array>();
  await writeArray(source, "a");
  const { store, storage } = cached(source);
  const chunks = cacheDecodedChunks();
  await firstOf(zarr.extendArray(await openArray(store, "a"), chunks.extension), [0, 0]);
  const same = counted(await openArray(new CachedStore(source, "s", storage), "a"));
  await firstOf(zarr.extendArray(same.array, chunks.extension), [0, 0]);
  expect(same.record.decoded).toEqual([]);

  const other = new Map<string, Uint8Array>();
  await writeArray(other, "a", 1001);
  const around = zarr.defineStoreExtension(() => ({ get: async (key: string) => other.get(key) }))(
    store as zarr.AsyncReadable,
  );
  const array = zarr.extendArray(await openArray(around, "a"), chunks.extension);
  expect(await firstOf(array, [0, 0])).toBe(1001);
});

it("does not show old chunks to an array that was opened with other metadata", async () => {
  const source = new Map<string, Uint8Array>();
  await writeArray(source, "a");
  const chunks = cacheDecodedChunks();
  await firstOf(zarr.extendArray(await openArray(source, "a"), chunks.extension), [0, 0]);
  await writeArray(source, "a", 1001, { attributes: { version: 2 } });
  const array = zarr.extendArray(await openArray(source, "a"), chunks.extension);
  expect(await firstOf(array, [0, 0])).toBe(1001);
});

it("drops what is written through the store below, and nothing else", async () => {
  const source = new Map<string, Uint8Array>();
  await writeArray(source, "a");
  await writeArray(source, "ab");
  const { store } = cached(source);
  const chunks = cacheDecodedChunks();
  const { array, record } = counted(await openArray(store, "a"));
  const extended = zarr.extendArray(array, chunks.extension);
  const neighbour = counted(await openArray(store, "ab"));
  const other = zarr.extendArray(neighbour.array, chunks.extension);
  await zarr.get(extended);
  await zarr.get(other);
  record.decoded.length = 0;
  neighbour.record.decoded.length = 0;

  await zarr.set(extended as zarr.Array<"int32", zarr.Mutable>, [0, 0], 77);
  expect(await firstOf(extended, [0, 0])).toBe(77);
  await zarr.get(extended);
  expect(record.decoded, "zarr.set reads the chunk, then the first reader does").toEqual(["0.0"]);

  await store.invalidate("/a");
  await zarr.get(extended);
  await zarr.get(other);
  expect(record.decoded).toHaveLength(1 + 16);
  expect(neighbour.record.decoded).toEqual([]);
});

it("drops what an import replaces", async () => {
  const [source, other] = [new Map<string, Uint8Array>(), new Map<string, Uint8Array>()];
  await writeArray(source, "a");
  await writeArray(other, "a", 1001);
  const { store } = cached(source);
  const array = zarr.extendArray(await openArray(store, "a"), cacheDecodedChunks().extension);
  expect(await firstOf(array, [0, 0])).not.toBe(1001);
  await store.import(other);
  expect(await firstOf(array, [0, 0])).toBe(1001);
});

it("does not keep, nor give to later readers, what an invalidation overtook", async () => {
  const source = new Map<string, Uint8Array>();
  await writeArray(source, "a");
  const { store } = cached(source);
  const chunks = cacheDecodedChunks();
  const { array, record, gate } = counted(await openArray(store, "a"));
  const extended = zarr.extendArray(array, chunks.extension);
  await firstOf(extended, [3, 3]);
  const held = gate();
  const before = extended.getChunk([0, 0]);
  await store.invalidate();
  record.gate = undefined;
  await firstOf(extended, [0, 0]);
  expect(record.decoded, "the second did not join the first").toEqual(["3.3", "0.0", "0.0"]);
  held.resolve();
  await before;
  await firstOf(extended, [0, 0]);
  expect(record.decoded).toHaveLength(3);
});

it("asks before each answer what other processes have dropped, and answers nothing when that cannot be known", async () => {
  const source = new Map<string, Uint8Array>();
  await writeArray(source, "a");
  const { store, storage } = cached(source);
  const { array, record } = counted(await openArray(store, "a"));
  const extended = zarr.extendArray(array, cacheDecodedChunks().extension);
  await firstOf(extended, [0, 0]);
  let asked = 0;
  let heard = true;
  storage.catchUp = async () => {
    asked++;
    return heard;
  };
  await firstOf(extended, [0, 0]);
  expect([asked > 0, record.decoded.length]).toEqual([true, 1]);
  heard = false;
  await firstOf(extended, [0, 0]);
  expect(record.decoded).toHaveLength(2);
});

it("drops what it is told to of a store that tells nothing itself", async () => {
  const source = new Map<string, Uint8Array>();
  await writeArray(source, "a");
  const chunks = cacheDecodedChunks();
  const array = zarr.extendArray(await openArray(source, "a"), chunks.extension);
  await firstOf(array, [0, 0]);
  await writeArray(source, "a", 1001);
  expect(await firstOf(array, [0, 0])).toBe(1);
  chunks.invalidate(source, "/a/");
  expect(await firstOf(array, [0, 0])).toBe(1001);
  expect(() => chunks.invalidate(source, "a")).toThrow("does not start with /");
});

it("forgets chunks past their age", async () => {
  const clock = fakeClock();
  const source = new Map<string, Uint8Array>();
  await writeArray(source, "a");
  const { array, record } = counted(await openArray(source, "a"));
  const extended = zarr.extendArray(array, cacheDecodedChunks({ maxAge: "1m", clock: clock.now }).extension);
  await firstOf(extended, [0, 0]);
  clock.advance(60_000);
  await firstOf(extended, [0, 0]);
  expect(record.decoded).toHaveLength(1);
  clock.advance(1);
  await firstOf(extended, [0, 0]);
  expect(record.decoded).toHaveLength(2);
  clock.advance(60_000);
  await firstOf(extended, [0, 0]);
  expect(record.decoded).toHaveLength(2);
});

it("leaves it to the store for how long a chunk that is missing stays missing", async () => {
  const source = new Map<string, Uint8Array>();
  await writeArray(source, "a");
  const chunk = source.get("/a/c/0/0") as Uint8Array;
  source.delete("/a/c/0/0");
  const { store, clock } = cached(source);
  const extended = zarr.extendArray(await openArray(store, "a"), cacheDecodedChunks().extension);
  expect(await firstOf(extended, [0, 0])).toBe(0);
  source.set("/a/c/0/0", chunk);
  expect(await firstOf(extended, [0, 0])).toBe(0);
  clock.advance(60_001);
  expect(await firstOf(extended, [0, 0])).toBe(1);
});
