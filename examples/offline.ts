/** Takes a dataset where there is no network: warms it, reads it offline, and leaves a plain copy of it. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isZarrCacheError } from "zarr-cache";
import { openCache, zarrDirectory } from "zarr-cache/node";
import * as zarr from "zarrita";
import { distantServer, requests } from "./support/distant-server.ts";

const directory = await mkdtemp(join(tmpdir(), "zarr-cache-example-"));
const cache = await openCache(join(directory, "cache"), { maxBytes: "1 GB" });

// At home: fetch an array, and write a copy that any tool can read.
const source = new zarr.FetchStore("https://data.example/coads_blosc.zarr", { fetch: distantServer });
const store = cache.wrap(source, "coads");
await store.warm({ arrays: ["SST"] });
const { done, bytes } = await store.export(zarrDirectory(join(directory, "coads.zarr")), { arrays: ["SST"] });
console.log(`${done} files with ${bytes} bytes exported after ${requests.length} requests`);

// On the plane: the same cache, another process, and no source.
const before = requests.length;
const offline = zarr.root(cache.wrap(new Map(), "coads", { offline: true }));
const temperature = await zarr.get(await zarr.open(offline.resolve("SST"), { kind: "array" }));
assert.deepEqual(temperature.shape.length, 3);
assert.equal(requests.length, before);
await assert.rejects(zarr.open(offline.resolve("AIRT"), { kind: "array" }), (error) =>
  isZarrCacheError(error, "OfflineError"),
);
await cache.close();
await rm(directory, { recursive: true });
