// Evaluates a pipeline with the packed package, and reads it back from JSON.
import assert from "node:assert/strict";
import { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { ArraySource, createRegistry, Interpolate, Node } from "@zarr-cache/nodes";
import { queue } from "@zarr-cache/nodes/queue";
import { checkNode } from "@zarr-cache/nodes/testing";
import { IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";

const data = new UnitsDataArray([0, 10], Coordinates.grid({ lat: [0, 1] }), { units: "m" });
const node = new Interpolate({ source: new ArraySource({ data }), interpolation: "linear" });
const back = Node.fromDefinition(node.definition("json"), createRegistry());
assert.equal((await back.eval(Coordinates.grid({ lat: 0.5 }))).item(), 5);
assert.deepEqual((await checkNode(back)).broken, []);
// BullMQ is not installed here.
const method = queue({ redis: "redis://127.0.0.1:9" });
const cache = new IndexedCacheStorage(new MemoryStoreIndex({ maxBytes: "1 MB" }), new MemoryStoreOpener());
await assert.rejects(
  back.using({ cache }).eval(Coordinates.grid({ lat: 0.5 }), { method }),
  /npm install bullmq/,
);
await cache.close();
console.log("@zarr-cache/nodes evaluates what it reads");
