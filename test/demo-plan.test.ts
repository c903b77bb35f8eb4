import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Subarray } from "../demo/explore.ts";
import { planReadings } from "../demo/plan.ts";
import { parseRange } from "../demo/range-header.ts";

const subarrays: fc.Arbitrary<Subarray> = fc
  .array(fc.record({ size: fc.integer({ min: 1, max: 5000 }), chunk: fc.integer({ min: 1, max: 600 }) }), {
    minLength: 1,
    maxLength: 5,
  })
  .map((dimensions) => ({
    path: "/a",
    shape: dimensions.map(({ size }) => size),
    chunks: dimensions.map(({ chunk }) => chunk),
    valueBytes: 4,
  }));

/** Names the chunks that a selection touches. */
function chunksOf(
  selection: ReturnType<typeof planReadings>[number]["selection"],
  { shape, chunks }: Subarray,
) {
  return selection.reduce<string[]>(
    (places, part, dimension) => {
      const chunk = chunks[dimension] ?? 1;
      const [start, stop] =
        typeof part === "number" ? [part, part + 1] : (part ?? [0, shape[dimension] ?? 0]);
      const first = Math.floor(start / chunk);
      const count = Math.ceil(stop / chunk) - first;
      return places.flatMap((place) =>
        Array.from({ length: count }, (_, index) => `${place}/${first + index}`),
      );
    },
    [""],
  );
}

describe("the plan for somebody else's array", () => {
  it("touches a few dozen chunks at most, whatever the shape", () => {
    fc.assert(
      fc.property(subarrays, (array) => {
        const touched = new Set(planReadings(array).flatMap(({ selection }) => chunksOf(selection, array)));
        expect(touched.size).toBeGreaterThan(0);
        expect(touched.size).toBeLessThanOrEqual(36);
      }),
    );
  });

  it("stays within the array", () => {
    fc.assert(
      fc.property(subarrays, (array) => {
        for (const { selection } of planReadings(array)) {
          expect(selection).toHaveLength(array.shape.length);
          selection.forEach((part, dimension) => {
            const [start, stop] = typeof part === "number" ? [part, part + 1] : (part ?? [0, 1]);
            expect(start).toBeGreaterThanOrEqual(0);
            expect(stop).toBeGreaterThan(start);
            expect(stop).toBeLessThanOrEqual(array.shape[dimension] ?? 0);
          });
        }
      }),
    );
  });

  it("reads a single chunk of an array whose chunks are huge", () => {
    const plan = planReadings({ path: "/a", shape: [4, 9000, 9000], chunks: [1, 9000, 9000], valueBytes: 8 });
    expect(plan.map(({ selection }) => selection[0])).toEqual([1, [1, 2]]);
  });
});

describe("the Range header of the demo's server (RFC 9110, 14.1.2)", () => {
  it.each([
    ["bytes=0-9", { start: 0, end: 10 }],
    ["bytes=90-200", { start: 90, end: 100 }],
    ["bytes=90-", { start: 90, end: 100 }],
    ["bytes=-10", { start: 90, end: 100 }],
    ["bytes=-200", { start: 0, end: 100 }],
    ["bytes=100-", "unsatisfiable"],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=9-0", undefined],
    ["bytes=-", undefined],
    ["items=0-9", undefined],
    ["bytes=0-1,5-6", undefined],
    [undefined, undefined],
  ])("%s of 100 bytes", (header, range) => {
    expect(parseRange(header, 100)).toEqual(range);
  });
});
