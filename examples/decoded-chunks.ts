/** Keeps decoded chunks as well: the second read of a chunk is not even decompressed. */
import assert from "node:assert/strict";
import { CachedStore, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import { cacheDecodedChunks } from "zarr-cache/zarrita";
import * as zarr from "zarrita";
import { distantServer } from "./support/distant-server.ts";

const source = new zarr.FetchStore("https://data.example/coads_blosc.zarr", { fetch: distantServer });
const storage = new IndexedCacheStorage(new MemoryStoreIndex({ maxBytes: "64 MB" }), new MemoryStoreOpener());
const store = new CachedStore(source, "coads", storage);

// One tier for all arrays of the program.
const chunks = cacheDecodedChunks({ maxBytes: "256 MB" });
const temperature = zarr.extendArray(
  await zarr.open(zarr.root(store).resolve("SST"), { kind: "array" }),
  chunks.extension,
);
const year = await zarr.get(temperature);
const point = await zarr.get(temperature, [null, 45, 90]);
assert.equal(point.data.length, 12);
const { hits, misses, bytes } = chunks.stats();
assert.deepEqual({ hits, misses }, { hits: 12, misses: 12 });
console.log(
  `${year.shape.join(" × ")}: ${misses} chunks decoded, ${hits} times from memory, ${bytes} bytes kept`,
);

// What is dropped below is dropped here.
await store.invalidate("/SST");
assert.equal(chunks.stats().entries, 0);
await storage.close();
