import fc from "fast-check";
import { expect, test } from "vitest";
import { HybridClock } from "../src/hybrid-clock.ts";
import { compareVersions, formatVersion, parseVersion, type Version } from "../src/version.ts";

test("a stamp is later than all that were given or seen, whatever the clock of the machine does", () => {
  const step = fc.record({ now: fc.nat(4e12), seen: fc.option(fc.nat(4e15), { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      let now = 0;
      let last = 0;
      const clock = new HybridClock(() => now);
      for (const { now: then, seen } of steps) {
        now = then;
        if (seen !== undefined && seen % 2 === 0) clock.see(seen);
        const stamp = clock.next(seen);
        expect(stamp).toBeGreaterThan(Math.max(last, seen ?? 0));
        expect(Number.isSafeInteger(stamp)).toBe(true);
        last = stamp;
      }
    }),
  );
});

test("a stamp is near the time of the machine while that moves forward", () => {
  const clock = new HybridClock(() => 1_700_000_000_000);
  expect(Math.floor(clock.next() / 1024)).toBe(1_700_000_000_000);
});

test("versions are in one order, and their texts lead back to them", () => {
  const version = fc.record({ clock: fc.nat(2 ** 51), region: fc.constantFrom("fra", "iad", "sin-1") });
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      expect(parseVersion(formatVersion(a))).toEqual(a);
      expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
      const sorted: Version[] = [a, b, c].sort(compareVersions);
      expect([c, a, b].sort(compareVersions)).toEqual(sorted);
    }),
  );
  expect(() => parseVersion("later")).toThrow("allowed: a version as it was given");
});
