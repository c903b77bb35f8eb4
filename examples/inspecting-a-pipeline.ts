/** Keeps every stage of a pipeline, looks into them afterwards, and reads the pipeline as a Zarr array. */
import assert from "node:assert/strict";
import { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { Arithmetic, ArraySource, AWS_PRICES, Interpolate } from "@zarr-cache/nodes";
import { IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import * as zarr from "zarrita";

const storage = new IndexedCacheStorage(new MemoryStoreIndex({ maxBytes: "64 MB" }), new MemoryStoreOpener());
const depths = new UnitsDataArray([0, 10, 40], Coordinates.grid({ lat: [0, 1, 2] }), { units: "ft" });
const depth = new Interpolate({
  source: new ArraySource({ data: depths }),
  interpolation: "linear",
  units: "m",
});
const pressure = new Arithmetic({ eqn: "depth * 9.81", operands: { depth } }, { cache: storage });

await pressure.eval(Coordinates.grid({ lat: [0.5, 1] }));
await pressure.eval(Coordinates.grid({ lat: [0.5, 1, 1.5] })); // only 1.5 is computed

const stages = await pressure.cacheEntries();
assert.deepEqual([...new Set(stages.map(({ address }) => address))], ["Array", "Interpolate", "Arithmetic"]);
for (const stage of stages) {
  const { address, key, coordinates, size } = stage;
  console.log(address, key, coordinates?.shape, `${size} bytes`, String(await stage.read()).slice(0, 30));
}

const { cached, cost } = await pressure.estimate(Coordinates.grid({ lat: [0.5, 1, 1.5, 2] }), AWS_PRICES);
assert.equal(cached, 0.75);
console.log(cost?.total, cost?.currency);

// Any client of Zarr can read it, and what is read is kept.
const grid = Coordinates.grid({ lat: { start: 0, stop: 2, step: 0.25 } });
const store = pressure.cached(storage, { coordinates: grid, chunks: { lat: 4 } });
const array = await zarr.open(zarr.root(store).resolve("data"), { kind: "array" });
assert.deepEqual((await zarr.get(array, [zarr.slice(4, 5)])).data, Float64Array.of(10 * 0.3048 * 9.81));
await storage.close();
