import { expect, it } from "vitest";
import { Coordinates } from "../../src/index.ts";

const crs = "EPSG:4326";
const lat = { name: "lat", values: [0, 1] };
const stack = { stack: ["lat", "lon"], shape: [2], columns: [{ values: [0, 1] }, { values: [2, 3] }] };

it.each([
  [{ ...lat, name: 3 }, /\{"name":3.*has a "name" that is no text/],
  [{ ...lat, name: null }, /"name" that is no text/],
  [{ ...stack, stack: ["lat", 3] }, /"stack" that is no list of names/],
  [{ ...stack, stack: ["lat", null] }, /"stack" that is no list of names/],
])("refuses a definition with %j", (part, message) => {
  const read = () => Coordinates.fromDefinition(JSON.stringify({ crs, coordinates: [part] }));
  expect(read).toThrow(message);
  expect(read).toThrow(expect.objectContaining({ tag: "CoordinateError" }));
});
