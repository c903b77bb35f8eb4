/** Listens to what the cache does, for logs and metrics: what was fetched, kept, answered and evicted. */
import assert from "node:assert/strict";
import { CachedStore, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import * as zarr from "zarrita";
import { distantServer } from "./support/distant-server.ts";

// Room for half of the twelve maps of 30 kB, so that some have to go.
const storage = new IndexedCacheStorage(
  new MemoryStoreIndex({ maxBytes: "200 kB", maxEntryBytes: "100 kB" }),
  new MemoryStoreOpener(),
);
const source = new zarr.FetchStore("https://data.example/coads_blosc.zarr", { fetch: distantServer });
const store = new CachedStore(source, "coads", storage);

let evicted = 0;
const stop = store.on("hit", ({ key, tier, bytes }) =>
  console.log(`  hit    ${key}: ${bytes} bytes from ${tier}`),
);
store.on("fetch", ({ key, milliseconds }) => console.log(`  fetch  ${key}: ${milliseconds.toFixed(1)} ms`));
store.on("evict", ({ entries }) => {
  evicted += entries;
});
store.on("fault", ({ operation, error }) =>
  console.error(`  the cache failed in ${operation}, the read went on:`, error),
);

await store.get("/SST/.zarray");
await store.get("/SST/.zarray");
stop();

const temperature = await zarr.open(zarr.root(store).resolve("SST"), { kind: "array" });
await zarr.get(temperature);
await store.idle();
const { entries, bytes, maxBytes } = await storage.usage();
console.log(`${evicted} entries evicted; ${entries} are kept in ${bytes} of ${maxBytes} bytes`);
assert.ok(bytes <= maxBytes);
await storage.close();
