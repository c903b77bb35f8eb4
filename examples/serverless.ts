/** Answers from a function without a disk, which is frozen between calls: Redis and a bucket outlive it. */
import assert from "node:assert/strict";
import { openCache } from "zarr-cache/node";
import * as zarr from "zarrita";
import { distantServer, requests } from "./support/distant-server.ts";
import { localRedis } from "./support/local-redis.ts";
import { localS3 } from "./support/local-s3.ts";

const { url: index, stop: stopRedis } = await localRedis();
const { client, stop: stopS3 } = await localS3("my_bucket");

// Once for each instance of the function. What a call has read is kept before it answers, not behind its answer.
const options = { index, client, maxBytes: "2 TB", memory: "128 MB", fills: "await" } as const;
const cache = await openCache("s3://my_bucket/chunks", options);
const source = new zarr.FetchStore("https://data.example/coads_blosc.zarr", { fetch: distantServer });
const store = cache.wrap(source, "coads");

async function handler(event: { readonly month: number }): Promise<{ statusCode: number; body: string }> {
  const temperature = await zarr.open(zarr.root(store).resolve("SST"), { kind: "array" });
  const { data, shape } = await zarr.get(temperature, [event.month, null, null]);
  const warmest = (data as Float32Array).reduce((most, value) => Math.max(most, value));
  await cache.idle(); // Nothing is under way, and no claim is held, when the function is frozen.
  return { statusCode: 200, body: JSON.stringify({ shape, warmest }) };
}

const first = await handler({ month: 0 });
const before = requests.length;
assert.deepEqual(await handler({ month: 0 }), first);
const { claims, entries } = await cache.usage();
assert.deepEqual({ requests: requests.length, claims }, { requests: before, claims: 0 });
console.log(`${first.body}: ${before} requests to the source, then none; ${entries} entries are kept`);
await cache.close();
await Promise.all([stopRedis(), stopS3()]);
