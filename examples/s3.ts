/** Keeps chunks in a bucket: memory knows the keys, S3 holds the bytes. */
import assert from "node:assert/strict";
import { CachedStore, IndexedCacheStorage, MemoryStoreIndex } from "zarr-cache";
import { S3StoreOpener } from "zarr-cache/s3";
import * as zarr from "zarrita";
import { distantServer, requests } from "./support/distant-server.ts";
import { localS3 } from "./support/local-s3.ts";

const { client, stop } = await localS3("my_bucket");

const storage = new IndexedCacheStorage(
  new MemoryStoreIndex({ maxBytes: "10 GB" }),
  new S3StoreOpener("s3://my_bucket/{store_id}.zarr", { client }),
  { deadline: "2s" },
);
const source = new zarr.FetchStore("https://data.example/coads_blosc.zarr", { fetch: distantServer });
const store = new CachedStore(source, "coads", storage);

const temperature = await zarr.open(zarr.root(store).resolve("SST"), { kind: "array" });
const first = await zarr.get(temperature);
await store.idle();
const before = requests.length;
const again = await zarr.get(temperature);

assert.deepEqual(again.data, first.data);
assert.equal(requests.length, before, "the second time it came from the bucket");
const { entries, bytes } = await storage.usage();
console.log(
  `${first.shape.join(" × ")} values, read twice: ${before} requests, ${entries} objects, ${bytes} bytes`,
);
await storage.close();
await stop();
