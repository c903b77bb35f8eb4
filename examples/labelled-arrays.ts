/** Selects by label and computes with units; only the chunks that are needed are read, and the second time none. */
import assert from "node:assert/strict";
import { Dataset, warm } from "@zarr-cache/arrays";
import { CachedStore, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import * as zarr from "zarrita";
import { distantServer, requests } from "./support/distant-server.ts";

const source = new zarr.FetchStore("https://data.example/eraint_uvz_zlib.zarr", { fetch: distantServer });
const storage = new IndexedCacheStorage(
  new MemoryStoreIndex({ maxBytes: "512 MB" }),
  new MemoryStoreOpener(),
);
const store = new CachedStore(source, "eraint", storage);
const dataset = await Dataset.open(store);
console.log(String(dataset));

const alps = dataset.get("z").sel({
  level: 500,
  latitude: { start: 44, stop: 48 },
  longitude: { start: 5, stop: 16 },
});
await warm(store, alps);
const before = requests.length;
const geopotential = await alps.load();
assert.equal(requests.length, before, "it was all there");

const gravity = geopotential.map(() => 9.80665).with({ units: "m s-2" });
const height = geopotential.div(gravity).to("km").mean(["latitude", "longitude"]);
console.log(
  `500 hPa over the Alps lies at ${height.max().item().toFixed(2)} km; ${alps.chunkCount} chunks read`,
);
await storage.close();
