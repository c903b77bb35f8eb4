import fc from "fast-check";
import { expect, it } from "vitest";
import { Coordinates, InvalidArgumentError, UnitsDataArray } from "../../src/index.ts";
import { TYPED_ARRAYS } from "../support/typed-arrays.ts";

const list = (array: UnitsDataArray) => Array.from(array.toTypedArray());
const grid = Coordinates.grid({ lat: [0, 1], lon: [10, 20, 30] });
const src = () => new UnitsDataArray([0, 1, 2, 3, 4, 5], grid, { units: "m", name: "src" });

it.each([
  [{ units: null }, /"units" is null; allowed: a text, or a map from band to text/],
  [{ units: 3 }, /"units" is 3/],
  [{ units: ["m"] }, /"units" is \["m"\]/],
  [{ units: { a: null } }, /"units" is \{"a":null\}/],
  [{ dims: "lat" }, /"dims" is "lat"; allowed: a list of texts/],
  [{ dims: { lat: 2 } }, /"dims" is \{"lat":2\}/],
  [{ bands: 3 }, /"bands" is 3; allowed: a list of texts/],
  [{ bands: ["a", null] }, /"bands" is \["a",null\]/],
  [{ name: 3 }, /"name" is 3; allowed: a text/],
  [{ attrs: "high" }, /"attrs" is "high"; allowed: an object/],
  [{ dtype: "constructor" }, /"dtype" is "constructor"; allowed: float64, float32/],
  [{ data: [0, 1, null, 3, 4, 5] }, /"data\[2\]" is null; allowed: a number, "NaN"/],
  [{ data: [0, 1, 2, 3, 4, "5"] }, /"data\[5\]" is "5"; allowed: a number, "NaN"/],
])("refuses JSON with %j", (changed, message) => {
  const read = () => UnitsDataArray.fromJSON(JSON.stringify({ ...src().toJSON(), ...changed }));
  expect(read).toThrow(message);
  expect(read).toThrow(InvalidArgumentError);
});

it("refuses a text that is no JSON", () => {
  expect(() => UnitsDataArray.fromJSON("{")).toThrow(/"json" is "{"/);
});

it("survives JSON", () => {
  const bands = UnitsDataArray.create(grid, Number.POSITIVE_INFINITY, {
    bands: ["a", "b"],
    units: { a: "m", b: "K" },
    attrs: { style: 1 },
  });
  for (const array of [
    src(),
    bands,
    UnitsDataArray.create(grid),
    src().gt(2),
    src().isel({ lat: 0, lon: 0 }),
  ]) {
    const back = UnitsDataArray.fromJSON(JSON.stringify(array));
    expect(back.toJSON()).toEqual(array.toJSON());
    expect(list(back)).toEqual(list(array));
  }
});

it("survives JSON, whatever it holds", () => {
  const any = fc
    .record({
      Kind: fc.constantFrom(...TYPED_ARRAYS),
      numbers: fc.array(fc.double(), { minLength: 12, maxLength: 12 }),
      bands: fc.constantFrom(undefined, ["a", "b"]),
      turned: fc.boolean(),
      stacked: fc.boolean(),
    })
    .map(({ Kind, numbers, bands, turned, stacked }) => {
      const over = stacked ? Coordinates.points({ lat: [0, 1, 2], lon: [1, 0, Number.NaN] }) : grid;
      const data = Kind.from(numbers.slice(0, over.size * (bands?.length ?? 1)));
      const units = bands ? { a: "m", b: "K" } : "m";
      const array = new UnitsDataArray(data, over, { bands, units, name: "any", attrs: { params: [1] } });
      return turned ? array.transpose() : array;
    });
  fc.assert(
    fc.property(any, (array) => {
      const back = UnitsDataArray.fromJSON(JSON.stringify(array));
      expect(back.toJSON()).toEqual(array.toJSON());
      expect([back.dtype, back.units, back.attrs]).toEqual([array.dtype, array.units, array.attrs]);
      // JSON has one zero.
      expect(list(back)).toEqual(list(array).map((value) => value + 0));
      expect(back.coordinates.equals(array.coordinates)).toBe(true);
    }),
  );
});
