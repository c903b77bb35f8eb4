/** Keeps chunks in a bucket: memory knows the keys, S3 holds the bytes. */
import assert from "node:assert/strict";
import { CachedStore, IndexedCacheStorage, MemoryStoreIndex } from "zarr-cache";
import { S3StoreOpener } from "zarr-cache/s3";
import * as zarr from "zarrita";
import { distantServer } from "./support/distant-server.ts";
import { localS3 } from "./support/local-s3.ts";
import { readTwice } from "./support/read-twice.ts";

const { client, stop } = await localS3("my_bucket");

const storage = new IndexedCacheStorage(
  new MemoryStoreIndex({ maxBytes: "10 GB" }),
  new S3StoreOpener("s3://my_bucket/{store_id}.zarr", { client }),
  { deadline: "2s" },
);
const source = new zarr.FetchStore("https://data.example/coads_blosc.zarr", { fetch: distantServer });
const store = new CachedStore(source, "coads", storage);

const { shape, asked } = await readTwice(store, "SST");
const { entries, bytes } = await storage.usage();
assert.ok(entries > 0 && bytes > 0);
console.log(`${shape} values, read twice: ${asked} requests, ${entries} objects, ${bytes} bytes`);
await storage.close();
await stop();
