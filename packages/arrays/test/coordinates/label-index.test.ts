import fc from "fast-check";
import { expect, it } from "vitest";
import { ArrayAxis } from "../../src/coordinates/array-axis.ts";
import { labelIndex } from "../../src/coordinates/label-index.ts";

const labels = fc.array(fc.oneof(fc.integer({ min: -4, max: 4 }), fc.constantFrom(0.5, Number.NaN)), {
  maxLength: 12,
});
const bound = fc.oneof(fc.integer({ min: -6, max: 6 }), fc.constantFrom(0.25, 0.75));

it("finds the labels within bounds, in the order of the axis", () => {
  fc.assert(
    fc.property(labels, bound, bound, (values, least, greatest) => {
      const expected = [...values.keys()].filter(
        (at) => (values[at] as number) >= least && (values[at] as number) <= greatest,
      );
      expect(labelIndex(new ArrayAxis(Float64Array.from(values))).within(least, greatest)).toEqual(expected);
    }),
  );
});

it("finds the nearest label: of two the lower, of equal ones the first", () => {
  fc.assert(
    fc.property(labels, bound, (values, wanted) => {
      const known = [...values.keys()].filter((at) => !Number.isNaN(values[at]));
      const away = (at: number) => Math.abs((values[at] as number) - wanted);
      const [expected = -1] = known.toSorted(
        (a, b) => away(a) - away(b) || (values[a] as number) - (values[b] as number) || a - b,
      );
      expect(labelIndex(new ArrayAxis(Float64Array.from(values))).nearest(wanted)).toBe(expected);
    }),
  );
});

it("sorts the labels of an axis once, whatever is asked", () => {
  const axis = new ArrayAxis(Float64Array.of(3, 1, 2));
  expect(labelIndex(axis)).toBe(labelIndex(axis));
  expect(labelIndex(axis).nearest(Number.NaN)).toBe(-1);
});
