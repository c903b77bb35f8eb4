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

test("hides what was announced no later than a drop of a path that the key is under", () => {
  const drop = fc.record({ path, clock: fc.integer({ min: 1, max: 20 }) });
  fc.assert(
    fc.property(
      fc.array(drop, { maxLength: 8 }),
      key,
      fc.integer({ min: 1, max: 20 }),
      (drops, asked, clock) => {
        const known = new KnownDrops();
        for (const one of drops) known.note({ storeId: "s", ...one });
        const hides = drops.some((one) => isUnder(asked, one.path) && one.clock >= clock);
        expect(known.hides({ clock }, "s", asked)).toBe(hides);
        expect(known.hides({ clock }, "other", asked)).toBe(false);
      },
    ),
  );
});

test("hides no less when it has forgotten single paths", () => {
  const known = new KnownDrops();
  for (let n = 1; n <= 25_000; n++) known.note({ storeId: "s", path: `/${n}`, clock: n });
  for (const n of [1, 5_000, 12_500, 25_000]) expect(known.hides({ clock: n }, "s", `/${n}`)).toBe(true);
  expect(known.hides({ clock: 25_001 }, "s", "/1")).toBe(false);
});
