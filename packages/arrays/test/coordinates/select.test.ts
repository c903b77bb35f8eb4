import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Coordinates } from "../../src/index.ts";

const grid = Coordinates.grid({ lat: [0, 1, 2, 3] });
const selected = (bounds: [number, number], outer = false) =>
  Array.from(grid.select({ lat: bounds }, { outer }).get("lat"));

describe("select", () => {
  it("takes what is inside", () => {
    expect(selected([0.5, 2.5])).toEqual([1, 2]);
    expect(selected([1, 1])).toEqual([1]);
  });

  it("takes the nearer of two labels that the bounds lie between; a tie goes to the lower", () => {
    expect(selected([1.25, 1.25])).toEqual([1]);
    expect(selected([1.2, 1.8])).toEqual([1, 2]);
    expect(selected([1.5, 1.5])).toEqual([1]);
    expect(selected([1.6, 1.7])).toEqual([2]);
  });

  it("takes the smallest set that contains the bounds", () => {
    expect(selected([1.5, 2.5], true)).toEqual([1, 2, 3]);
    expect(selected([1, 2], true)).toEqual([1, 2]);
    expect(selected([2.5, 9], true)).toEqual([2, 3]);
  });

  it("is empty beyond the ends", () => {
    expect(selected([-2, -1])).toEqual([]);
    expect(selected([4, 5], true)).toEqual([]);
  });

  it("takes the conjunction in a stack", () => {
    const points = Coordinates.points({ lat: [0, 1, 2], lon: [2, 1, 0] });
    expect(Array.from(points.select({ lat: [0, 1], lon: [0, 1] }).get("lat"))).toEqual([1]);
  });

  it("intersects in the CRS of the first", () => {
    const mercator = Coordinates.grid({ lat: [0.5, 2.5], lon: [0, 1] }).transform("EPSG:3857");
    expect(Array.from(grid.intersect(mercator).get("lat"))).toEqual([1, 2]);
    expect(Array.from(grid.intersect(mercator, { outer: true }).get("lat"))).toEqual([0, 1, 2, 3]);
  });

  it("refuses to mix instants of two calendars", () => {
    const of = (time: "noleap" | "360_day") =>
      Coordinates.fromDefinition({
        crs: "EPSG:4326",
        coordinates: [{ name: "time", time, values: ["1970-01-01", "1970-01-03"] }],
      });
    expect(() => of("noleap").intersect(of("360_day"))).toThrow(/"time".*two calendars/);
    expect(() => of("noleap").concat(of("360_day"))).toThrow(/"time".*two calendars/);
    expect(of("noleap").issubset(of("360_day"))).toBe(false);
    expect(of("noleap").issubset(of("noleap"))).toBe(true);
  });

  it("names an unknown dimension, and a label of another kind", () => {
    expect(() => grid.select({ lon: [0, 1] })).toThrow(/"lon" is not there; there are lat/);
    expect(() => grid.select({ lat: ["2018-01-01", "2018-02-01"] })).toThrow(/"lat" has numbers/);
  });

  it("selects no more inside than outside", () => {
    const labels = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 1, maxLength: 12 });
    const bounds = fc.tuple(
      fc.double({ min: -12, max: 12, noNaN: true }),
      fc.double({ min: -12, max: 12, noNaN: true }),
    );
    fc.assert(
      fc.property(labels, bounds, ([...values], [from, to]) => {
        const axis = Coordinates.grid({ lat: values });
        const inner = axis.select({ lat: [from, to] });
        const outer = axis.select({ lat: [from, to] }, { outer: true });
        expect(inner.issubset(outer)).toBe(true);
        const [least, greatest] = [Math.min(from, to), Math.max(from, to)];
        const inside = values.filter((value) => value >= least && value <= greatest);
        expect(Array.from(outer.get("lat"))).toEqual(
          expect.arrayContaining(inside.map((value) => value + 0)),
        );
      }),
    );
  });

  it("selects no more inside than outside of stacks, of instants and of several dimensions", () => {
    const label = fc.integer({ min: 0, max: 6 });
    const days = (at: number) => new Date(Date.UTC(2018, 0, 1) + at * 86_400_000);
    const all = fc
      .tuple(
        fc.array(fc.tuple(label, label), { minLength: 2, maxLength: 6 }),
        fc.array(label, { minLength: 1, maxLength: 4 }),
      )
      .map(([points, times]) =>
        Coordinates.merge([
          Coordinates.points({ lat: points.map(([a]) => a), lon: points.map(([, b]) => b) }),
          Coordinates.grid({ time: times.map(days) }),
        ]),
      );
    const bound = fc.double({ min: -1, max: 7, noNaN: true });
    const between = fc.tuple(bound, bound);
    fc.assert(
      fc.property(all, between, between, between, (of, lat, lon, [from, to]) => {
        const bounds = { lat, lon, time: [days(from), days(to)] as const };
        const [inner, outer] = [of.select(bounds), of.select(bounds, { outer: true })];
        expect(inner.issubset(outer)).toBe(true);
        expect(outer.issubset(of)).toBe(true);
      }),
    );
  });
});
