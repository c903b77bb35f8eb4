/** Goes together with zarrita's store extensions: fewer requests below the cache, metadata at once above it. */
import assert from "node:assert/strict";
import { CachedStore, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import * as zarr from "zarrita";
import { distantServer, requests } from "./support/distant-server.ts";

const url = "https://data.example/navy_winds_sharded_v3.zarr";
const storage = new IndexedCacheStorage(new MemoryStoreIndex({ maxBytes: "64 MB" }), new MemoryStoreOpener());

const store = await zarr.extendStore(
  new zarr.FetchStore(url, { fetch: distantServer }),
  // Below the cache: neighbouring inner chunks travel in one request, and are kept apart.
  (source) => zarr.withRangeCoalescing(source),
  (source) => new CachedStore(source, "winds", storage),
  // Above it: one document tells all metadata.
  (cached) => zarr.withConsolidatedMetadata(cached),
);
console.log(`${store.contents().length} nodes known after ${requests.length} requests`);

const wind = await zarr.open(zarr.root(store).resolve("UWND"), { kind: "array" });
const { data } = await zarr.get(wind);
const chunkRequests = requests.filter((request) => request.includes("bytes=")).length;
assert.ok(chunkRequests < 32, "fewer requests than the 32 inner chunks");

const before = requests.length;
assert.deepEqual((await zarr.get(wind)).data, data);
assert.equal(requests.length, before);
console.log(`32 inner chunks came in ${chunkRequests} range requests; read again, in none`);
await storage.close();
