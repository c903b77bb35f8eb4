import fc from "fast-check";
import { expect, test } from "vitest";
import { isUnder } from "zarr-cache";
import { KnownDrops } from "../src/storage/known-drops.ts";

const segment = fc.constantFrom("a", "b", "ab");
const key = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => `/${segments.join("/")}`);
const path = fc.oneof(
  fc.constant("/"),
  key,
  key.map((text) => `${text}/`),
);

/** Drops of which all that was before is known. */
function knownDrops(): KnownDrops {
  const known = new KnownDrops();
  known.complete();
  return known;
}

test("hides what was announced without knowledge of a drop of a path that the key is under", () => {
  const log = fc.constantFrom("drops of fra", "drops of iad");
  const drop = fc.record({ log, path, sequence: fc.integer({ min: 1, max: 20 }) });
  const heard = fc.dictionary(log, fc.integer({ min: 1, max: 20 }));
  fc.assert(
    fc.property(fc.array(drop, { maxLength: 8 }), key, heard, (drops, asked, heard) => {
      const known = knownDrops();
      for (const { log, path, sequence } of drops) known.note(log, sequence, { storeId: "s", path });
      const hides = drops.some((one) => isUnder(asked, one.path) && one.sequence > (heard[one.log] ?? 0));
      expect(known.hides({ heard }, "s", asked)).toBe(hides);
      expect(known.hides({ heard }, "other", asked)).toBe(false);
    }),
  );
});

test("hides what lost drops may have concerned", () => {
  const known = knownDrops();
  known.lost("log", 5);
  known.lost("log", 3);
  expect(known.hides({ heard: { log: 4 } }, "s", "/a")).toBe(true);
  expect(known.hides({ heard: { log: 5 } }, "s", "/a")).toBe(false);
  expect(known.hides({}, "s", "/a")).toBe(true);
});

test("hides everything until all that was dropped before is known", () => {
  const known = new KnownDrops();
  expect(known.hides({ heard: { log: 9 } }, "s", "/a")).toBe(true);
  known.complete();
  expect(known.hides({ heard: { log: 9 } }, "s", "/a")).toBe(false);
});

test("hides no less when it has forgotten single paths", () => {
  const known = knownDrops();
  for (let n = 1; n <= 25_000; n++) known.note("log", n, { storeId: "s", path: `/${n}` });
  for (const n of [1, 5_000, 12_500, 25_000])
    expect(known.hides({ heard: { log: n - 1 } }, "s", `/${n}`)).toBe(true);
  expect(known.hides({ heard: { log: 25_000 } }, "s", "/1")).toBe(false);
});
