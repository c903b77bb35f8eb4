import fc from "fast-check";
import { expect, it } from "vitest";
import { Coordinates, Dataset, UnitsDataArray, writeZarr } from "../../src/index.ts";

const SIZES: Readonly<Record<string, number>> = { time: 5, lat: 7, lon: 4, band: 3 };
const DIMS = Object.keys(SIZES);

const stored = new UnitsDataArray(
  Float64Array.from({ length: 420 }, (_, at) => (at % 11 === 0 ? Number.NaN : at * 0.5)),
  Coordinates.grid({
    time: { start: "2018-01-31", step: "1,M", size: 5 },
    lat: [9, 8, 7.5, 3, 2, 1, 0],
    lon: [0, 1, 2, 3],
  }),
  { name: "a", bands: ["r", "g", "b"], units: { r: "m", g: "K", b: "m" } },
);

/** One selection by position, in fractions of what is left of a dimension, so that it always fits. */
const choice = fc.oneof(
  fc.record({
    kind: fc.constant("range" as const),
    step: fc.constantFrom(-3, -1, 1, 2),
    from: fc.nat(9),
    to: fc.nat(9),
  }),
  fc.record({ kind: fc.constant("list" as const), at: fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }) }),
  fc.record({ kind: fc.constant("one" as const), at: fc.nat(9) }),
);
const selections = fc.array(fc.tuple(fc.constantFrom(...DIMS), choice), { maxLength: 4 });
type Selections = typeof selections extends fc.Arbitrary<infer S> ? S : never;

/** Applies selections one after another; those of dimensions that are gone or empty are left out. */
function selected<
  A extends { readonly dims: readonly string[]; readonly shape: readonly number[]; isel(by: object): A },
>(array: A, all: Selections): A {
  let left = array;
  for (const [dim, how] of all) {
    const size = left.shape[left.dims.indexOf(dim)] ?? 0;
    if (size === 0) continue;
    const by =
      how.kind === "range"
        ? { start: how.from % size, stop: how.to % size, step: how.step }
        : how.kind === "list"
          ? [...new Set(how.at.map((at) => at % size))].concat(dim === "band" ? [] : [0, 0])
          : how.at % size;
    left = left.isel({ [dim]: by });
  }
  return left;
}

it.each([
  { time: 2, lat: 3, lon: 4, band: 1 },
  { time: 5, lat: 1, lon: 3, band: 3 },
])(
  "gives in chunks of %j what memory gives, whatever is selected of what is selected, and then reduced",
  async (chunks) => {
    const map = new Map<string, Uint8Array>();
    await writeZarr(map, "/", stored, { chunks, compression: "none" });
    const lazy = (await Dataset.open(map)).get("a");
    await fc.assert(
      fc.asyncProperty(
        selections,
        fc.subarray(DIMS),
        fc.constantFrom("sum", "max", "count", "std", "all"),
        async (all, dims, name) => {
          const [mine, theirs] = [selected(lazy, all), selected(stored, all)];
          expect([mine.dims, mine.shape, mine.bands, mine.units]).toEqual([
            theirs.dims,
            theirs.shape,
            theirs.bands,
            theirs.units,
          ]);
          const loaded = await mine.load();
          expect(loaded.toTypedArray()).toEqual(theirs.toTypedArray());
          expect(loaded.coordinates.equals(theirs.coordinates)).toBe(true);
          const over = dims.filter((dim) => mine.dims.includes(dim));
          const reduced = await mine.reduce(name, over).catch((error: Error) => error.message);
          if (typeof reduced === "string") {
            expect(() => theirs.reduce(name, over)).toThrow(reduced);
            return;
          }
          const expected = theirs.reduce(name, over);
          expect([reduced.dims, reduced.units]).toEqual([expected.dims, expected.units]);
          expect(reduced.coordinates.equals(expected.coordinates)).toBe(true);
          // Deviations are merged chunk by chunk, and round otherwise than in one go.
          const rounded = (array: UnitsDataArray) =>
            Array.from(array.toTypedArray(), (value) => Math.round(value * 1e8) / 1e8);
          expect(rounded(reduced)).toEqual(rounded(expected));
        },
      ),
      { numRuns: 100 },
    );
  },
);
