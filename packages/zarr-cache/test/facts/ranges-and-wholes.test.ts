import fc from "fast-check";
import { expect, it } from "vitest";
import { type RangeQuery, sliceRange } from "../../src/range.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { plainSource } from "../support/plain-source.ts";

const SIZE = 50;
const bytes = fc.nat({ max: SIZE + 10 });
const read: fc.Arbitrary<RangeQuery | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.record({ offset: bytes, length: bytes }),
  fc.record({ suffixLength: bytes }),
);

it("bytes of a range are never kept as the whole, nor those of another range (zarr-python#3690)", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(read, { maxLength: 12 }), async (reads) => {
      const { store } = cached(plainSource(new Map([["/a", counted(SIZE)]])));
      for (const range of reads) {
        if (range === undefined) expect(await store.get("/a")).toEqual(counted(SIZE));
        else expect(await store.getRange("/a", range)).toEqual(sliceRange(counted(SIZE), range));
      }
    }),
    { numRuns: 200 },
  );
});
