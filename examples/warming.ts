/** Fills the cache before it is needed, with progress: then the same reads need no network. */
import assert from "node:assert/strict";
import { CachedStore, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import * as zarr from "zarrita";
import { distantServer, requests } from "./support/distant-server.ts";

const source = new zarr.FetchStore("https://data.example/coads_blosc.zarr", { fetch: distantServer });
const storage = new IndexedCacheStorage(new MemoryStoreIndex({ maxBytes: "64 MB" }), new MemoryStoreOpener());
const store = new CachedStore(source, "coads", storage);

// June, July and August of one array; a list of keys does as well.
await store.warm(
  { arrays: ["SST"], region: [[5, 8], null, null] },
  {
    concurrency: 4,
    onProgress: ({ done, total, bytes }) => console.log(`  ${done} of ${total} keys, ${bytes} bytes`),
  },
);

const warmed = requests.length;
const temperature = await zarr.open(zarr.root(store).resolve("SST"), { kind: "array" });
await zarr.get(temperature, [zarr.slice(5, 8), null, null]);
assert.equal(requests.length, warmed, "nothing was asked for after warming");
console.log(`${warmed} requests while warming, ${requests.length - warmed} after it`);
await storage.close();
