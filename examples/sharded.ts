/** A sharded array of Zarr version 3: shard indexes and inner chunks are kept, so opening it again asks for nothing. */
import assert from "node:assert/strict";
import { CachedStore, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import * as zarr from "zarrita";
import { distantServer, requests } from "./support/distant-server.ts";

const url = "https://data.example/navy_winds_sharded_v3.zarr";
const storage = new IndexedCacheStorage(new MemoryStoreIndex({ maxBytes: "64 MB" }), new MemoryStoreOpener());

async function readSeries(): Promise<unknown> {
  // A new store and a new array each time, as after reloading a page.
  const store = new CachedStore(new zarr.FetchStore(url, { fetch: distantServer }), "winds", storage);
  const wind = await zarr.open(zarr.root(store).resolve("UWND"), { kind: "array" });
  const series = await zarr.get(wind, [null, 36, 72]);
  await store.idle();
  return series.data;
}

const first = await readSeries();
console.log(`The first time ${requests.length} requests, such as\n  ${requests.slice(-3).join("\n  ")}`);

requests.length = 0;
assert.deepEqual(await readSeries(), first);
assert.deepEqual(requests, []);
console.log(`The second time ${requests.length}`);
await storage.close();
