import { sizeOf, stridesOf } from "@zarr-cache/arrays/parts";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type GatherPart, gather } from "../src/interpolation/gather.ts";
import { gatherGrid } from "../src/interpolation/gather-grid.ts";
import type { Weights } from "../src/interpolation/weights.ts";

const value = fc.oneof(
  fc.double({ min: -1000, max: 1000 }),
  fc.double({ min: -1000, max: 1000, noNaN: true }),
  fc.constantFrom(Number.POSITIVE_INFINITY, -0),
);

/** A length of the source, and labels that lie on it, between two of it, or nowhere. */
const dimension = fc.integer({ min: 1, max: 5 }).chain((length) => {
  const position = fc.integer({ min: 0, max: length - 1 });
  const label = fc.record({
    lower: fc.oneof(position, position, position, fc.constant(-1)),
    upper: position,
    share: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
  });
  const own = Array.from({ length }, (_, at) => ({ lower: at, upper: -1, share: 0 }));
  return fc.record({
    length: fc.constant(length),
    labels: fc.oneof(fc.array(label, { minLength: 1, maxLength: 6 }), fc.constant(own)),
  });
});

const grid = fc
  .record({
    dimensions: fc.array(dimension, { minLength: 1, maxLength: 3 }),
    bands: fc.constantFrom(1, 1, 3, 17),
    Kind: fc.constantFrom(Float32Array, Float64Array),
  })
  .chain(({ dimensions, bands, Kind }) => {
    const size = sizeOf(dimensions.map(({ length }) => length)) * bands;
    return fc.record({
      dimensions: fc.constant(dimensions),
      bands: fc.constant(bands),
      source: fc.array(value, { minLength: size, maxLength: size }).map((values) => Kind.from(values)),
    });
  });

it("gives of a grid, part after part, the bits that point after point gives, float32 rounded once", () => {
  fc.assert(
    fc.property(grid, ({ dimensions, bands, source }) => {
      const lengths = dimensions.map(({ length }) => length);
      const strides = stridesOf([...lengths, bands]);
      const parts = dimensions.map(
        ({ labels }, at): GatherPart => ({
          stride: strides[at] as number,
          along: [at],
          weights: weightsOf(labels),
        }),
      );
      const given = source.slice();
      const expected = gather(
        source,
        parts,
        dimensions.map(({ labels }) => labels.length),
        bands,
      );
      const found = gatherGrid(source, parts, lengths, bands);
      expect(found).toStrictEqual(source instanceof Float32Array ? Float32Array.from(expected) : expected);
      expect(source).toStrictEqual(given);
    }),
    { numRuns: 1000 },
  );
});

function weightsOf(labels: readonly { lower: number; upper: number; share: number }[]): Weights {
  return {
    lower: Int32Array.from(labels, ({ lower }) => lower),
    upper: Int32Array.from(labels, ({ upper }) => upper),
    share: Float64Array.from(labels, ({ share }) => share),
  };
}
