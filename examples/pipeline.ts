/** Computes a vegetation index from two bands, shares it as JSON, and looks into one point. */
import assert from "node:assert/strict";
import { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { Arithmetic, ArraySource, createRegistry, Interpolate, Node } from "@zarr-cache/nodes";

const scene = Coordinates.grid({ lat: { start: 42, stop: 40, step: -1 }, lon: [10, 11, 12] });
const band = (reflectance: number[]) =>
  new Interpolate({
    source: new ArraySource({ data: new UnitsDataArray(reflectance, scene), nanValues: [-9999] }),
    interpolation: "bilinear",
  });
const ndvi = new Arithmetic({
  eqn: "(nir - red) / (nir + red)",
  operands: {
    red: band([0.1, 0.1, 0.2, 0.1, 0.2, 0.2, 0.2, 0.3, -9999]),
    nir: band([0.5, 0.5, 0.4, 0.5, 0.4, 0.4, 0.4, 0.3, 0.3]),
  },
});

// Anywhere, in any order: between the pixels, or along a track.
const map = await ndvi.eval(Coordinates.grid({ lon: [10, 10.5], lat: [42, 41.5, 41] }));
assert.deepEqual(map.dims, ["lon", "lat"]);
const track = await ndvi.eval(Coordinates.points({ lat: [42, 41, 40], lon: [10, 11, 12] }));
assert.equal(track.sel({ lat: 41 }).toTypedArray()[0]?.toFixed(3), "0.333");

// As JSON it is the same, for whoever reads it.
const copy = Node.fromDefinition(ndvi.definition("json"), createRegistry());
assert.equal(copy.hash, ndvi.hash);
console.log(map.toString());

// What each stage has at one point.
for (const [address, { value }] of await copy.probe(Coordinates.grid({ lat: 41, lon: 10 })))
  console.log(`${address.padEnd(14)} ${value}`);
