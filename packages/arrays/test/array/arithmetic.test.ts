import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Coordinates, UnitsDataArray } from "../../src/index.ts";

const one = (value: number, units?: string) =>
  new UnitsDataArray([value], Coordinates.grid({ lat: 0 }), { units });
const list = (array: UnitsDataArray) => Array.from(array.toTypedArray());

describe("units in arithmetic", () => {
  it("converts the right before it divides", () => {
    expect(list(one(5, "m").mod(one(200, "cm")))).toEqual([1]);
    expect(list(one(-5, "m").floordiv(one(2, "m")))).toEqual([-3]);
  });

  it("compares after conversion, without unit", () => {
    const greater = one(1, "m").gt(one(1, "inch"));
    expect([list(greater), greater.units, greater.dtype]).toEqual([[1], undefined, "uint8"]);
    expect(list(one(100, "cm").eq(one(1, "m")))).toEqual([1]);
    expect(list(one(Number.NaN).ne(one(Number.NaN)))).toEqual([1]);
  });

  it("multiplies, divides and raises units", () => {
    expect(one(2, "m").mul(one(3, "s-1")).units).toBe("m s-1");
    expect(one(2, "m").div(one(4, "m")).units).toBeUndefined();
    const square = one(3, "m").pow(2);
    expect([list(square), square.units, square.sqrt().units]).toEqual([[9], "m2", "m"]);
    expect(one(3, "m").pow(one(2)).units).toBe("m2");
    const exponents = new UnitsDataArray([1, 2], Coordinates.grid({ lat: [0, 1] }));
    expect(one(3, "m").pow(exponents.isel({ lat: 1 })).units).toBe("m2");
    expect(() => UnitsDataArray.create(exponents.coordinates, 3, { units: "m" }).pow(exponents)).toThrow(
      /different exponents/,
    );
  });

  it("takes a number in the left's unit", () => {
    const sum = one(1, "km").add(1);
    expect([list(sum), sum.units]).toEqual([[2], "km"]);
    expect(list(one(1, "m").lt(2))).toEqual([1]);
  });

  it("refuses what does not fit", () => {
    expect(() => one(1, "m").add(one(1, "K"))).toThrow(/^add: "K" cannot be converted to "m"/);
    expect(() => one(1, "m").add(one(1))).toThrow(/no unit cannot be converted to "m"/);
    expect(() => one(1, "m").eq(one(1, "s"))).toThrow(/eq/);
    expect(() => one(1, "m").pow(one(1, "s"))).toThrow(/exponent/);
    expect(() => one(1, "m").add("1" as never)).toThrow(/a UnitsDataArray or a number/);
  });

  it("refuses to convert to what measures something else, or is unknown", () => {
    expect(() => one(1, "m").to("K")).toThrow(/"m" cannot be converted to "K"/);
    expect(() => one(1, "m").to("wobbles")).toThrow(/"wobbles"/);
  });
});

describe("bands", () => {
  const grid = Coordinates.grid({ lat: [0, 1], lon: [0] });
  const bands = ["r", "g", "b", "a"];
  const grey = UnitsDataArray.create(grid, 1, { units: "m" });
  const mixed = UnitsDataArray.create(grid, 1, { bands, units: { r: "m", g: "ft", b: "km", a: "mile" } });

  it("converts grey to the unit of each band", () => {
    const swapped = mixed.add(grey);
    expect(list(swapped.isel({ lat: 1, lon: 0 }))).toEqual([2, 1 + 1 / 0.3048, 1.001, 1 + 1 / 1609.344]);
  });

  it("gives selected bands their units, and asks for a selection where bands would mix", () => {
    expect(mixed.sel({ band: ["g", "r"] }).units).toEqual({ g: "ft", r: "m" });
    expect(() => mixed.mean("band")).toThrow(/different units \(r: m, g: ft.*select a band/);
    expect(mixed.mean("lat").units).toEqual({ r: "m", g: "ft", b: "km", a: "mile" });
    expect(mixed.var("lat").units).toEqual({ r: "m2", g: "ft2", b: "km2", a: "mile2" });
    expect(() => mixed.sel({ band: "x" })).toThrow(/no band "x"; there are r, g, b, a/);
    expect(list(mixed.to("m").isel({ lat: 0, lon: 0 }))).toEqual([1, 0.3048, 1000, 1609.344]);
    expect(mixed.where(UnitsDataArray.create(grid, 1, { bands: ["g", "r"] })).units).toEqual({
      r: "m",
      g: "ft",
    });
  });
});

describe("broadcasting", () => {
  it("matches labels, not positions", () => {
    const a = new UnitsDataArray([1, 2, 3], Coordinates.grid({ lat: [0, 1, 2] }));
    const b = new UnitsDataArray([10, 20, 30], Coordinates.grid({ lat: [3, 2, 1] }));
    const sum = a.add(b);
    expect([list(sum), Array.from(sum.coordinates.get("lat"))]).toEqual([
      [32, 23],
      [1, 2],
    ]);
  });

  it("spreads over dimensions that one lacks, whatever their order", () => {
    const a = new UnitsDataArray([1, 2], Coordinates.grid({ lat: [0, 1] }));
    const b = new UnitsDataArray([10, 20, 30, 40, 50, 60], Coordinates.grid({ lon: [0, 1, 2], lat: [0, 1] }));
    expect([a.add(b).dims, list(a.add(b))]).toEqual([
      ["lat", "lon"],
      [11, 31, 51, 22, 42, 62],
    ]);
    expect([b.add(a).dims, list(b.add(a))]).toEqual([
      ["lon", "lat"],
      [11, 22, 31, 42, 51, 62],
    ]);
  });

  it("refuses unequal stacks and other systems", () => {
    const a = UnitsDataArray.create(Coordinates.points({ lat: [0, 1], lon: [0, 1] }));
    const b = UnitsDataArray.create(Coordinates.points({ lat: [0, 2], lon: [0, 1] }));
    expect(() => a.add(b)).toThrow(/Stacks "lat_lon" have unequal points/);
    expect(() => a.add(UnitsDataArray.create(Coordinates.grid({ lat: [0] })))).toThrow(/stacked differently/);
    const other = UnitsDataArray.create(Coordinates.grid({ lat: [0] }, { crs: "EPSG:3857" }));
    expect(() => UnitsDataArray.create(Coordinates.grid({ lat: [0] })).add(other)).toThrow(/EPSG:3857/);
  });

  it("commutes, up to unit and order", () => {
    const axis = fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 4 });
    const array = fc
      .record({ lat: axis, lon: axis }, { requiredKeys: [] })
      .chain((axes) => fc.tuple(fc.constant(Coordinates.grid(axes)), fc.constantFrom("m", "km", "inch")))
      .chain(([grid, units]) =>
        fc
          .array(fc.integer({ min: -100, max: 100 }), { minLength: grid.size, maxLength: grid.size })
          .map((data) => new UnitsDataArray(data, grid, { units })),
      );
    fc.assert(
      fc.property(array, array, (a, b) => {
        const left = a.add(b);
        const right = b.add(a).to(a.units as string);
        const swapped = right.transpose(...left.dims);
        for (const dim of left.dims)
          expect(swapped.coordinates.axis(dim).values.toSorted()).toEqual(
            left.coordinates.axis(dim).values.toSorted(),
          );
        const aligned = swapped.sel(
          Object.fromEntries(left.dims.map((dim) => [dim, Array.from(left.coordinates.get(dim))])),
        );
        for (const [at, value] of list(left).entries())
          expect(Math.abs((list(aligned)[at] as number) - value)).toBeLessThan(
            1e-6 * Math.max(1, Math.abs(value)),
          );
      }),
    );
  });
});
