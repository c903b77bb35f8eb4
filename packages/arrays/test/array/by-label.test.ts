import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Coordinates, UnitsDataArray } from "../../src/index.ts";

const LABELS: Readonly<Record<string, readonly (number | string)[]>> = {
  lat: [3, 1, 2, 7],
  lon: [10, 20, 30],
  band: ["r", "g", "b"],
};
const UNITS: Readonly<Record<string, number>> = { m: 1, km: 1000, cm: 0.01 };

/** A number that tells its labels, so that none can pass for another. */
const valueAt = (labels: Readonly<Record<string, number | string>>, seed: number) =>
  ["lat", "lon", "band"].reduce(
    (value, dim) => value * 11 + (LABELS[dim]?.indexOf(labels[dim] ?? "none") ?? 0) + 2,
    seed,
  );

/** Every combination of labels, in C order. */
function places(dims: readonly string[], labels: readonly (readonly (number | string)[])[]) {
  let all: Record<string, number | string>[] = [{}];
  for (const [at, dim] of dims.entries())
    all = all.flatMap((place) => (labels[at] ?? []).map((label) => ({ ...place, [dim]: label })));
  return all;
}

/** The labels of an array in the order of its dimensions. */
const labelsOf = (array: UnitsDataArray) =>
  array.dims.map((dim) => (dim === "band" ? (array.bands ?? []) : Array.from(array.coordinates.get(dim))));

/** Arrays over some of the dimensions in any order, of which some lie backwards, with gaps, or turned in memory. */
const arrays = fc
  .record({
    dims: fc.shuffledSubarray(["lat", "lon", "band"]),
    seed: fc.integer({ min: 1, max: 5 }),
    units: fc.constantFrom(...Object.keys(UNITS)),
    perBand: fc.boolean(),
    single: fc.boolean(),
    turned: fc.boolean(),
    step: fc.constantFrom(-2, -1, 1, 2),
  })
  .map(({ dims, seed, units, perBand, single, turned, step }) => {
    const bands = dims.includes("band") ? (LABELS["band"] as string[]) : undefined;
    const numeric = dims.filter((dim) => dim !== "band");
    const coordinates = Coordinates.grid(
      Object.fromEntries(numeric.map((dim) => [dim, LABELS[dim] as number[]])),
    );
    const all = places(
      dims,
      dims.map((dim) => LABELS[dim] ?? []),
    );
    const values = Float64Array.from(all, (place) => valueAt(place, seed));
    const array = new UnitsDataArray(single ? Float32Array.from(values) : values, coordinates, {
      dims,
      bands,
      units: bands && perBand ? { r: "m", g: "km", b: "cm" } : units,
    });
    const moved = turned ? array.transpose() : array;
    const [first] = moved.dims;
    return { seed, array: first === undefined ? moved : moved.isel({ [first]: { step } }) };
  });

/** What a unit is in metres, of a band its own. */
const metres = (units: UnitsDataArray["units"], band: number | string | undefined): number =>
  UNITS[(typeof units === "object" ? units[String(band)] : units) ?? ""] as number;

describe("arrays of any order and layout", () => {
  it("are added where their labels are the same", () => {
    fc.assert(
      fc.property(arrays, arrays, (a, b) => {
        const [left, right] = [a.array, b.array];
        const shared = (dim: string) =>
          left.dims.includes(dim) && right.dims.includes(dim)
            ? (labelsOf(left)[left.dims.indexOf(dim)] ?? []).filter((label) =>
                (labelsOf(right)[right.dims.indexOf(dim)] as (number | string)[]).includes(label),
              )
            : undefined;
        fc.pre(shared("band")?.length !== 0);
        const sum = left.add(right);
        for (const [at, dim] of sum.dims.entries()) {
          const own = left.dims.includes(dim) ? left : right;
          expect(labelsOf(sum)[at]).toEqual(shared(dim) ?? labelsOf(own)[own.dims.indexOf(dim)]);
        }
        const expected = places(sum.dims, labelsOf(sum)).map((place) => {
          const scale = metres(right.units, place["band"]) / metres(left.units, place["band"]);
          return valueAt(only(place, left), a.seed) + valueAt(only(place, right), b.seed) * scale;
        });
        const close = Array.from(sum.toTypedArray(), (value, at) =>
          Math.abs(value - (expected[at] as number)) <= 1e-6 * Math.abs(value) ? expected[at] : value,
        );
        expect(close).toEqual(expected);
        const product = left.mul(right);
        const round = product.dtype === "float32" ? Math.fround : (value: number) => value;
        expect(Array.from(product.toTypedArray())).toEqual(
          places(sum.dims, labelsOf(sum)).map((place) =>
            round(valueAt(only(place, left), a.seed) * valueAt(only(place, right), b.seed)),
          ),
        );
      }),
      { numRuns: 300 },
    );
  });

  it("are masked and reduced by label", () => {
    fc.assert(
      fc.property(arrays, fc.shuffledSubarray(["lat", "lon"]), ({ array }, over) => {
        const plain = array.with({ units: "m" });
        const dims = over.filter((dim) => plain.dims.includes(dim));
        const even = plain.where((value) => value % 2 === 0);
        const sums = even.sum(dims);
        const left = places(plain.dims, labelsOf(plain));
        const values = Array.from(plain.toTypedArray());
        const expected = places(sums.dims, labelsOf(sums)).map((place) =>
          left.reduce((sum, each, at) => {
            const isIn = Object.entries(place).every(([dim, label]) => each[dim] === label);
            return isIn && (values[at] as number) % 2 === 0 ? sum + (values[at] as number) : sum;
          }, 0),
        );
        expect(Array.from(sums.toTypedArray())).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });
});

/** The labels of a place that an array has. */
function only(place: Readonly<Record<string, number | string>>, { dims }: UnitsDataArray) {
  return Object.fromEntries(Object.entries(place).filter(([dim]) => dims.includes(dim)));
}
