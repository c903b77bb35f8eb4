/** Shares a cache between machines: memory over a bucket, with what is in it known to Redis. */
import assert from "node:assert/strict";
import {
  CachedStore,
  IndexedCacheStorage,
  MemoryStoreIndex,
  MemoryStoreOpener,
  TieredCacheStorage,
} from "zarr-cache";
import { RedisStoreIndex } from "zarr-cache/redis";
import { S3StoreOpener } from "zarr-cache/s3";
import * as zarr from "zarrita";
import { distantServer } from "./support/distant-server.ts";
import { localRedis } from "./support/local-redis.ts";
import { localS3 } from "./support/local-s3.ts";
import { readTwice } from "./support/read-twice.ts";

const { url: redis, stop: stopRedis } = await localRedis();
const { client, stop: stopS3 } = await localS3("my_bucket");

const memory = new IndexedCacheStorage(new MemoryStoreIndex({ maxBytes: "1 GB" }), new MemoryStoreOpener());
const index = new RedisStoreIndex({ redis, namespace: "prod", maxBytes: "2 TB" });
const opener = new S3StoreOpener("s3://my_bucket/{store_id}.zarr", { client });
const storage = new TieredCacheStorage([memory, new IndexedCacheStorage(index, opener)]);
const source = new zarr.FetchStore("https://data.example/coads_blosc.zarr", { fetch: distantServer });
const store = new CachedStore(source, "coads", storage);

const { asked } = await readTwice(store, "SST");
const { entries } = await storage.usage();
assert.ok(entries > 0);
console.log(`the first time ${asked} source requests, then none; ${entries} entries for all machines`);
await storage.close();
await Promise.all([stopRedis(), stopS3()]);
