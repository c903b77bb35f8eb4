// Runs in the empty project with the packed `@zarr-cache/regions`: what needs no server.
import assert from "node:assert/strict";
import { compareVersions, isRegionsError, parseVersion, RegionalCacheStorage } from "@zarr-cache/regions";
import { IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";

assert.ok(compareVersions(parseVersion("2@fra"), parseVersion("1@iad")) > 0);
const local = new IndexedCacheStorage(new MemoryStoreIndex(), new MemoryStoreOpener());
assert.throws(
  () => new RegionalCacheStorage(local, { region: "Not A Name", nats: "nats://127.0.0.1:4222" }),
  (error) => isRegionsError(error, "InvalidArgumentError"),
);
await local.close();
console.log("compared versions of two regions");
