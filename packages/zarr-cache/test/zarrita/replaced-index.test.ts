import { describe, expect, it } from "vitest";
import * as zarr from "zarrita";
import type { CachedStore } from "../../src/cached-store.ts";
import { deferred } from "../../src/testing/index.ts";
import { seededRandom } from "../../src/testing/random.ts";
import { cacheDecodedChunks } from "../../src/zarrita/index.ts";
import { cached } from "../support/cached.ts";
import { shardedArray } from "../support/sharded-array.ts";
import { VersionedSource } from "../support/versioned-source.ts";
import { firstOf, openArray } from "./arrays.ts";

const CHUNKS = 8;
const ELEMENTS = 16;
const SHAPE = { shards: 1, chunksPerShard: CHUNKS, elements: ELEMENTS, gap: 100 };

/** A shard that can be replaced by one in which the same chunks lie elsewhere, and arrays with an extension over it. */
function setUp() {
  const source = new VersionedSource();
  let versions = 0;
  const replace = () => {
    versions++;
    for (const [key, value] of shardedArray(seededRandom(versions), SHAPE).values)
      if (key !== "/zarr.json" || versions === 1) source.put(key, value);
  };
  replace();
  const made = cached(source, { maxAge: { data: 1000 } });
  const chunks = cacheDecodedChunks();
  const open = async () => zarr.extendArray(await openArray(made.store, ""), chunks.extension);
  return { source, replace, chunks, open, ...made };
}

describe("an array that was opened before a shard was replaced, beside one that was opened after it", () => {
  it("reads by the new index, every chunk", async () => {
    const { clock, replace, open } = setUp();
    const before = await open();
    expect(await firstOf(before, [0])).toBe(0);
    for (let time = 1; time < 4; time++) {
      clock.advance(1001);
      replace();
      const after = await open();
      expect(await firstOf(after, [time])).toBe(time * ELEMENTS);
      for (let n = 0; n < CHUNKS; n++) {
        expect(await firstOf(before, [n]), `chunk ${n}`).toBe(n * ELEMENTS);
        expect(await firstOf(after, [n]), `chunk ${n}`).toBe(n * ELEMENTS);
      }
    }
  });

  it("reads a chunk anew where the index was replaced while it was read", async () => {
    const { source, clock, replace, open } = setUp();
    const before = await open();
    expect(await firstOf(before, [0])).toBe(0);
    const asked = deferred<void>();
    const gate = deferred<void>();
    const read = source.read.bind(source);
    let isHeld = true;
    source.read = async (key, options = {}) => {
      if (isHeld && options.range !== undefined && "offset" in options.range) {
        isHeld = false;
        asked.resolve();
        await gate.promise;
        // As of a server that does not compare versions, and so late that the store takes it for the new one.
        const { ifMatch: _, ...plain } = options;
        return read(key, plain);
      }
      return read(key, options);
    };
    const reading = firstOf(before, [5]);
    await asked.promise;
    clock.advance(1001);
    replace();
    const after = await open();
    expect(await firstOf(after, [1])).toBe(ELEMENTS);
    gate.resolve();
    expect(await reading).toBe(5 * ELEMENTS);
  });

  it("reads the index once for all arrays, and its chunks once each", async () => {
    const { source, clock, replace, open, store } = setUp();
    const arrays = [await open(), await open(), await open()];
    const readAll = async () => {
      for (let n = 0; n < CHUNKS; n++)
        for (const array of arrays) expect(await firstOf(array, [n])).toBe(n * ELEMENTS);
    };
    await readAll();
    clock.advance(1001);
    replace();
    await store.getRange("/c/0", { suffixLength: CHUNKS * 16 });
    source.taken();
    await readAll();
    await readAll();
    const ranges = source.taken().map(({ range }) => range);
    expect(ranges.filter((range) => range !== undefined && "suffixLength" in range)).toHaveLength(0);
    expect(ranges.filter((range) => range !== undefined && "offset" in range)).toHaveLength(CHUNKS);
  });
});

/** Passes everything on, as zarrita's extensions do what is not theirs. */
const passing = zarr.defineStoreExtension(() => ({}));

it.each([
  ["a store", (store: CachedStore) => store],
  ["an extension of zarrita round a store", (store: CachedStore) => passing(store as zarr.AsyncReadable)],
])("an array over %s is told that its index is old, beside one that has read the new", async (_, over) => {
  const { clock, replace, ...made } = setUp();
  const store = over(made.store);
  const before = await openArray(store, "");
  expect(await firstOf(before, [0])).toBe(0);
  clock.advance(1001);
  replace();
  const after = await openArray(store, "");
  for (let n = 0; n < CHUNKS; n++) {
    expect(await firstOf(after, [n]), `chunk ${n}`).toBe(n * ELEMENTS);
    await expect(firstOf(before, [n]), `chunk ${n}`).rejects.toMatchObject({ tag: "SourceChangedError" });
  }
  const anew = await openArray(store, "");
  for (let n = 0; n < CHUNKS; n++) expect(await firstOf(anew, [n])).toBe(n * ELEMENTS);
});

it("a store tells that the end of a value is of another version than it was", async () => {
  const { clock, replace, store } = setUp();
  const told: string[] = [];
  store.on("invalidate", ({ path }) => told.push(path));
  const readEnd = () => store.getRange("/c/0", { suffixLength: CHUNKS * 16 });
  await readEnd();
  clock.advance(1001);
  await readEnd();
  expect(told).toEqual([]);
  replace();
  clock.advance(1001);
  await readEnd();
  await readEnd();
  expect(told).toEqual(["/c/0"]);
});
