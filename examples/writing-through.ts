/** Writes go to the source and refresh the cached copy: a reader never sees what was there before. */
import assert from "node:assert/strict";
import { CachedStore, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import * as zarr from "zarrita";

const source = new Map<`/${string}`, Uint8Array>();
const storage = new IndexedCacheStorage(new MemoryStoreIndex(), new MemoryStoreOpener());
const store = new CachedStore(source, "results", storage);

// Creating, writing and reading: all through the cache.
const array = await zarr.create(store, { shape: [4], chunkShape: [2], dtype: "float64" });
const write = (values: number[]) =>
  zarr.set(array, [zarr.slice(0, values.length)], {
    data: Float64Array.from(values),
    shape: [values.length],
    stride: [1],
  });

await write([1, 2, 3, 4]);
assert.deepEqual((await zarr.get(array)).data, Float64Array.of(1, 2, 3, 4));

// One value of a chunk: zarrita reads the chunk, changes it and writes it back.
await write([10]);
assert.deepEqual((await zarr.get(array)).data, Float64Array.of(10, 2, 3, 4));
assert.deepEqual(await store.get("/c/0"), source.get("/c/0"), "source and copy agree");

await store.delete("/c/1");
assert.deepEqual((await zarr.get(array)).data, Float64Array.of(10, 2, 0, 0), "a missing chunk is fill value");
console.log("After two writes and a delete the source holds", [...source.keys()].join(" "));
await storage.close();
