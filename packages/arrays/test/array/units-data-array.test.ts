import { inspect } from "node:util";
import fc from "fast-check";
import ndarray from "ndarray";
import { describe, expect, it } from "vitest";
import { Coordinates, range, UnitsDataArray } from "../../src/index.ts";

const list = (array: UnitsDataArray) => Array.from(array.toTypedArray());
const grid = Coordinates.grid({ lat: [0, 1], lon: [10, 20, 30] });
const src = () => new UnitsDataArray([0, 1, 2, 3, 4, 5], grid, { units: "m", name: "src" });

describe("reductions", () => {
  const d = new UnitsDataArray([1, 2, Number.NaN, 4, 5, 6], grid, { units: "m" });

  it("skips NaN along any dimension", () => {
    expect(list(d.median("lon"))).toEqual([1.5, 5]);
    expect(list(d.max("lon"))).toEqual([2, 6]);
    expect(list(d.transpose().min("lon"))).toEqual([1, 4]);
  });

  it("gives each its unit", () => {
    expect([d.mean().units, d.var().units, d.std().units, d.count().units]).toEqual([
      "m",
      "m2",
      "m",
      undefined,
    ]);
  });

  it("is NaN of nothing, but a sum and a count are 0", () => {
    const nothing = UnitsDataArray.create(grid);
    expect([
      nothing.mean().item(),
      nothing.min().item(),
      nothing.var().item(),
      nothing.median().item(),
    ]).toEqual([NaN, NaN, NaN, NaN]);
    expect([nothing.sum().item(), nothing.count().item()]).toEqual([0, 0]);
  });

  it("names an unknown dimension", () => {
    expect(() => d.mean("time")).toThrow(/"time" is not there; there are lat, lon/);
  });

  it("takes percentiles and answers any and all", () => {
    expect(d.percentile(25).item()).toBe(2);
    expect(() => d.percentile(101)).toThrow(/percent/);
    expect([src().any().item(), src().all().item()]).toEqual([1, 0]);
  });
});

describe("selection", () => {
  it("takes labels, lists and ranges", () => {
    expect(list(src().sel({ lat: 1 }))).toEqual([3, 4, 5]);
    expect(src().sel({ lat: 1, lon: 20 }).item()).toBe(4);
    expect(list(src().sel({ lon: [30, 10] }))).toEqual([2, 0, 5, 3]);
    expect(list(src().sel({ lon: { start: 15 } }))).toEqual([1, 2, 4, 5]);
    expect(list(src().sel({ lon: { start: 25, stop: 10 } }))).toEqual([0, 1, 3, 4]);
    expect(src().sel({ lat: 1 }).dims).toEqual(["lon"]);
  });

  it("takes the nearest, within a tolerance", () => {
    expect(src().sel({ lat: 0.4, lon: 24 }, { method: "nearest" }).item()).toBe(1);
    expect(src().sel({ lat: 0.5, lon: 15 }, { method: "nearest" }).item()).toBe(0);
    expect(() => src().sel({ lat: 4 }, { method: "nearest", tolerance: 1 })).toThrow(
      /no label within 1 of 4/,
    );
  });

  it("does not depend on what else is asked", () => {
    const labels = fc.array(fc.double({ min: -2, max: 3, noNaN: true }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(labels, (lat) => {
        const together = src().sel({ lat }, { method: "nearest" });
        const alone = lat.flatMap((each) => list(src().sel({ lat: each }, { method: "nearest" })));
        expect(list(together)).toEqual(alone);
      }),
    );
    const values = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 7 });
    fc.assert(
      fc.property(values, labels, (axis, lat) => {
        const array = new UnitsDataArray(axis, Coordinates.grid({ lat: axis }));
        const together = list(array.sel({ lat }, { method: "nearest" }));
        expect(together).toEqual(lat.map((each) => array.sel({ lat: each }, { method: "nearest" }).item()));
        for (const [at, found] of together.entries())
          expect(
            axis.map((value) => Math.abs(value - (lat[at] as number))).toSorted((a, b) => a - b)[0],
          ).toBe(Math.abs(found - (lat[at] as number)));
      }),
    );
  });

  it("reads a coarse date as its whole period", () => {
    const days = Coordinates.grid({ time: range("2018-01-30", "2018-03-01", "1,D") });
    const array = new UnitsDataArray(
      Float64Array.from({ length: days.size }, (_, at) => at),
      days,
    );
    expect(array.sel({ time: "2018-02" }).shape).toEqual([28]);
    expect(array.sel({ time: "2018-02-01" }).item()).toBe(2);
    expect(list(array.sel({ time: { stop: "2018-01" } }))).toEqual([0, 1]);
    expect(
      array.sel({ time: new Date("2018-02-01T10:00Z") }, { method: "nearest", tolerance: "12,h" }).item(),
    ).toBe(2);
    expect(() => array.sel({ time: 3 })).toThrow(/"time" has instants/);
  });

  it("lists what there is where a label is missing", () => {
    expect(() => src().sel({ lat: 7 })).toThrow(/"lat" has no label 7; it has 2: 0 1/);
    expect(() => src().sel({ depth: 7 })).toThrow(/"depth" is not there; there are lat, lon/);
    expect(() => src().isel({ lat: 2 })).toThrow(/"lat" has 2 positions/);
    expect(() => src().isel({ lat: 0.5 })).toThrow(/0.5 is none of them/);
    expect(() => src().isel({ lon: { start: 0.5 } })).toThrow(/"lon.start" is 0.5; allowed: a whole number/);
    expect(() => src().isel({ lon: { stop: Number.NaN } })).toThrow(/"lon.stop" is NaN/);
    expect(() => src().isel({ lon: { step: 0 } })).toThrow(/"lon.step" is 0/);
    expect(() => src().sel({ lat: Number.NaN })).toThrow(/"lat" cannot be selected by NaN/);
    expect(() => src().sel({ lat: { start: Number.NaN } })).toThrow(/"lat" cannot be selected by NaN/);
    expect(() => src().sel({ lat: 1 }, { methods: "nearest" } as never)).toThrow(/options.methods/);
  });

  it("takes positions, also from the end and backwards", () => {
    expect(list(src().isel({ lon: -1 }))).toEqual([2, 5]);
    expect(list(src().isel({ lon: { step: -1 }, lat: [0] }))).toEqual([2, 1, 0]);
    expect(list(src().isel({ lon: { start: 1, stop: 3 } }))).toEqual([1, 2, 4, 5]);
    expect(list(src().isel({ lon: [2, 0, 0] }))).toEqual([2, 0, 0, 5, 3, 3]);
  });

  it("selects points of a stack", () => {
    const points = new UnitsDataArray([1, 2, 3], Coordinates.points({ lat: [0, 0, 1], lon: [5, 6, 7] }));
    expect(list(points.sel({ lat: 0 }))).toEqual([1, 2]);
    expect(list(points.sel({ lat: 0, lon: 6 }))).toEqual([2]);
  });

  it("leaves positions where a dimension of an n-d stack goes away", () => {
    const rotated = Coordinates.affine([0, 1, 1, 0, 1, -1], [2, 3]);
    const stack = new UnitsDataArray([0, 1, 2, 3, 4, 5], rotated);
    const row = stack.isel({ "lat_lon-1": 1 });
    expect([row.dims, list(row), Array.from(row.coordinates.get("lat_lon-2"))]).toEqual([
      ["lat_lon-2"],
      [3, 4, 5],
      [0, 1, 2],
    ]);
    expect(list(stack.mean("lat_lon-2"))).toEqual([1, 4]);
  });

  it("masks", () => {
    expect(list(src().where((value) => value > 3))).toEqual([NaN, NaN, NaN, NaN, 4, 5]);
    expect(list(src().where(src().gt(3), 0))).toEqual([0, 0, 0, 0, 4, 5]);
  });
});

describe("the object", () => {
  it("works over ndarray", () => {
    const array = new UnitsDataArray(
      ndarray(Float64Array.of(0, 1, 2, 3, 4, 5), [3, 2]).transpose(1, 0),
      grid,
    );
    expect(list(array)).toEqual([0, 2, 4, 1, 3, 5]);
    expect(array.data.get(1, 2)).toBe(5);
    expect(array.transpose().data.get(2, 1)).toBe(5);
  });

  it("wants as many values as labels", () => {
    expect(() => new UnitsDataArray([1], grid)).toThrow(/want 2 × 3 values \(lat, lon\); there are 1/);
    expect(() => new UnitsDataArray([1], grid, { unit: "m" } as never)).toThrow(/options.unit/);
    expect(() => UnitsDataArray.create(grid, 1, { bands: ["r", "g", "r"] })).toThrow(/Band "r" comes twice/);
  });

  it("prints as xarray does", () => {
    expect(inspect(src().with({ attrs: { long_name: "Source" } }))).toBe(
      [
        "<UnitsDataArray 'src' (lat: 2, lon: 3)> float64",
        "[[0 1 2]",
        " [3 4 5]]",
        "Coordinates:",
        "  * lat  (lat) float64 0 1",
        "  * lon  (lon) float64 10 20 30",
        "Units: m",
        "Attributes:",
        "    long_name: Source",
      ].join("\n"),
    );
  });
});
