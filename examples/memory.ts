/** Keeps what is read in memory: the second read of anything costs no request. */
import assert from "node:assert/strict";
import { CachedStore, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import * as zarr from "zarrita";
import { distantServer, requests } from "./support/distant-server.ts";

const source = new zarr.FetchStore("https://data.example/coads_blosc.zarr", { fetch: distantServer });
const storage = new IndexedCacheStorage(
  new MemoryStoreIndex({ maxBytes: "512 MB" }),
  new MemoryStoreOpener(),
);
const store = new CachedStore(source, "coads", storage);

const temperature = await zarr.open(zarr.root(store).resolve("SST"), { kind: "array" });
const january = await zarr.get(temperature, [0, null, null]);
const before = requests.length;
const again = await zarr.get(temperature, [0, null, null]);

assert.deepEqual(again.data, january.data);
assert.equal(requests.length, before, "the second time it came from memory");
const { reads, hits, source: asked } = store.stats();
console.log(
  `A map of ${january.shape.join(" × ")}, read twice: ${reads} reads, ${hits} hits, ${asked.reads} requests`,
);
await storage.close();
