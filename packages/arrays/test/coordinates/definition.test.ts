import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Coordinates, GroupCoordinates, isArraysError, UnitsDataArray } from "../../src/index.ts";
import { changedJson } from "../support/changed-json.ts";

const crs = "EPSG:4326";
const lat = { name: "lat", values: [0, 1] };
const stack = { stack: ["lat", "lon"], shape: [2], columns: [{ values: [0, 1] }, { values: [2, 3] }] };
const rotated = { stack: ["lat", "lon"], shape: [2, 2], geotransform: [0, 1, 1, 0, 1, -1] };
const months = { name: "time", time: "noleap", start: "2018-01-01", step: "1,M", size: 3 };

it.each([
  [{ ...lat, name: 3 }, /\{"name":3.*has a "name" that is no text/],
  [{ ...lat, name: null }, /"name" that is no text/],
  [{ ...stack, stack: ["lat", 3] }, /"stack" that is no list of names/],
  [{ ...stack, stack: ["lat", null] }, /"stack" that is no list of names/],
  [{ ...stack, columns: [{ values: [0, 1] }] }, /not one of "columns" for each name/],
  [{ ...stack, columns: [...stack.columns, { values: [4, 5] }] }, /not one of "columns" for each name/],
  [{ ...stack, shape: [-1, -2] }, /"shape" that is no list of whole sizes/],
  [{ ...stack, shape: ["2"] }, /"shape" that is no list of whole sizes/],
  [{ ...rotated, geotransform: "abcdef" }, /Geotransform "abcdef" is not a list of six numbers/],
  [{ ...rotated, geotransform: { length: 6 } }, /Geotransform \{"length":6\} is not a list of six numbers/],
  [{ name: "lat", start: 0, step: 0, size: 3 }, /"lat": step is zero/],
  [{ ...months, time: "constructor" }, /calendar "constructor" is not one of/],
])("refuses a definition with %j", (part, message) => {
  const read = () => Coordinates.fromDefinition(JSON.stringify({ crs, coordinates: [part] }));
  expect(read).toThrow(message);
  expect(read).toThrow(expect.objectContaining({ tag: "CoordinateError" }));
});

it("takes dimensions for what they are called, whatever else every object has under that name", () => {
  const both = Coordinates.grid({ lat: [1, 2], constructor: [0, 1] }, { dimensions: "any" });
  expect(both.take({ lat: new Int32Array([0]) }).shape).toEqual([1, 2]);
  expect(both.select({ lat: [1, 1] }).shape).toEqual([1, 2]);
});

describe("whatever is changed in the JSON", () => {
  const definitions = [
    { crs, coordinates: [lat, { name: "lon", start: 0, step: 0.5, size: 3 }, months] },
    { crs, coordinates: [{ name: "time", time: "standard", values: ["2018-01-01", "NaT"] }, stack] },
    { crs, coordinates: [rotated] },
  ];
  const array = new UnitsDataArray([0, 1, 2, 3, 4, 5, 6, 7], Coordinates.grid({ lat: [0, 1], lon: [0, 1] }), {
    bands: ["a", "b"],
    units: { a: "m", b: "K" },
    name: "any",
    attrs: { style: { low: 1 } },
  });

  it("coordinates are read and work, or are refused by an error of this package", () => {
    const changed = fc.property(fc.constantFrom(...definitions).chain(changedJson), (json) => {
      worksOrRefused(() => useCoordinates(Coordinates.fromDefinition(json)));
      worksOrRefused(() => GroupCoordinates.fromDefinition(json).hash);
      worksOrRefused(() => GroupCoordinates.fromDefinition(`[${json}]`).hash);
    });
    fc.assert(changed, { numRuns: 1000 });
  });

  it("arrays are read and work, or are refused by an error of this package", () => {
    const changed = fc.property(changedJson(array.toJSON()), (json) => {
      worksOrRefused(() => useArray(UnitsDataArray.fromJSON(json)));
    });
    fc.assert(changed, { numRuns: 1000 });
  });
});

/** Lets pass what works, and what is an error of this package. */
function worksOrRefused(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!isArraysError(error)) throw error;
  }
}

/** Has coordinates do what depends on each thing that a definition says. */
function useCoordinates(coordinates: Coordinates): void {
  expect(Coordinates.fromDefinition(JSON.stringify(coordinates)).hash).toBe(coordinates.hash);
  expect(String(coordinates)).toContain("<Coordinates");
  coordinates.transpose(...coordinates.dims.toReversed()).simplify();
  worksOrRefused(() => coordinates.unstack().unique());
  worksOrRefused(() => coordinates.intersect(coordinates, { outer: true }));
  worksOrRefused(() => coordinates.union(coordinates));
  worksOrRefused(() => coordinates.transform("EPSG:3857"));
}

function useArray(array: UnitsDataArray): void {
  expect(UnitsDataArray.fromJSON(JSON.stringify(array)).toJSON()).toEqual(array.toJSON());
  expect(String(array)).toContain("UnitsDataArray");
  useCoordinates(array.coordinates);
  worksOrRefused(() => array.add(array));
  worksOrRefused(() => array.mean("lat"));
  worksOrRefused(() => array.to("km"));
  worksOrRefused(() => array.sel({ band: "a" }).isel({ lat: 0 }));
}
