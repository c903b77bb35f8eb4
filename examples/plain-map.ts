/** A plain Map is a source, and so is anything else with `get(key)`: no network, no library. */
import assert from "node:assert/strict";
import { CachedStore, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import * as zarr from "zarrita";

// A Map is also what zarrita writes to in memory.
const map = new Map<`/${string}`, Uint8Array>();
const written = await zarr.create(map, { shape: [6], chunkShape: [2], dtype: "int16" });
await zarr.set(written, null, { data: Int16Array.of(1, 2, 3, 4, 5, 6), shape: [6], stride: [1] });

const storage = new IndexedCacheStorage(new MemoryStoreIndex(), new MemoryStoreOpener());
const store = new CachedStore(map, "numbers", storage);
const numbers = await zarr.open(store, { kind: "array" });
const { data } = await zarr.get(numbers, [zarr.slice(1, 4)]);

assert.deepEqual(data, Int16Array.of(2, 3, 4));
console.log("Keys of the source:", [...map.keys()].join(" "));
console.log("Cached:", await storage.usage("numbers"));
await storage.close();
