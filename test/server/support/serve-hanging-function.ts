/** A process that runs a function which hangs, until it is killed. Its argument is the file for the function's process id. */
import { asideSettings, openAside } from "@zarr-cache/server";
import { IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import { ChunkCache } from "zarr-cache/node";

const index = new MemoryStoreIndex({ maxBytes: "1 MB" });
const cache = new ChunkCache(new IndexedCacheStorage(index, new MemoryStoreOpener()));
const source = new Map<string, Uint8Array>();
const store = cache.wrap(source, "records");
const caching = { clientMaxAge: 0, cdnMaxAge: 0, immutable: false, public: true };
const served = { id: "records", store, source, writable: false, caching };
const settings = asideSettings.parse({
  store: "records",
  functions: { modules: { hang: { module: "write-and-hang.ts", timeout: "1h" } }, processes: 1 },
});
const aside = await openAside(
  { cache, stores: new Map([["records", served]]) },
  settings,
  import.meta.dirname,
);
await aside.functions.run("hang", { file: process.argv[2] });
