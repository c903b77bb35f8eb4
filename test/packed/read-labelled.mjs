// Runs in the empty project with the packed `@zarr-cache/arrays`, read through the packed `zarr-cache`.
import assert from "node:assert/strict";
import { Coordinates, Dataset, UnitsDataArray, writeZarr } from "@zarr-cache/arrays";
import { CachedStore, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";

const source = new Map();
const depths = new UnitsDataArray([1, 2], Coordinates.grid({ lat: [10, 20] }), {
  name: "depth",
  units: "ft",
});
await writeZarr(source, "/", depths);
const storage = new IndexedCacheStorage(new MemoryStoreIndex({ maxBytes: "64 MB" }), new MemoryStoreOpener());
const dataset = await Dataset.open(new CachedStore(source, "depths", storage));
const depth = await dataset.get("depth").sel({ lat: 20 }).load();
assert.equal(depth.to("m").item(), 0.6096);
await storage.close();
console.log("read a labelled array through the cache");
