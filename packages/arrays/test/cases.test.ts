/** The rules of coordinates and arrays by their examples: each case is a test that says what goes in and what comes out. */
import { describe, expect, it } from "vitest";
import {
  type AxisInput,
  Coordinates,
  DimensionalityError,
  GroupCoordinates,
  range,
  UnitsDataArray,
} from "../src/index.ts";

const lat = (input: AxisInput) => Coordinates.grid({ lat: input });
const labels = (coordinates: Coordinates, name = "lat") => Array.from(coordinates.get(name));
const dates = (input: AxisInput) =>
  labels(Coordinates.grid({ time: input }), "time").map((ms) => new Date(ms).toISOString().slice(0, 10));
const values = (array: UnitsDataArray) => Array.from(array.toTypedArray());

describe("axes", () => {
  it("0…10 by 3 is 0, 3, 6, 9, and the stop becomes 9", () => {
    expect(labels(lat(range(0, 10, 3)))).toEqual([0, 3, 6, 9]);
    expect(lat(range(0, 10, 3)).bounds).toEqual({ lat: [0, 9] });
  });

  it("0…10 by 3, anchored at the stop, is 1, 4, 7, 10", () => {
    expect(labels(lat({ start: 0, stop: 10, step: 3, anchor: "stop" }))).toEqual([1, 4, 7, 10]);
  });

  it("0…2.5 by 0.5 has 6 labels", () => {
    expect(labels(lat(range(0, 2.5, 0.5)))).toEqual([0, 0.5, 1, 1.5, 2, 2.5]);
  });

  it("0…10 of size 5 is 0, 2.5, 5, 7.5, 10", () => {
    expect(labels(lat({ start: 0, stop: 10, size: 5 }))).toEqual([0, 2.5, 5, 7.5, 10]);
  });

  it("2018-01-31 by 1,M is 01-31, 02-28, 03-31, 04-30", () => {
    const months = ["2018-01-31", "2018-02-28", "2018-03-31", "2018-04-30"];
    expect(dates(range("2018-01-31", "2018-04-30", "1,M"))).toEqual(months);
    const back = { start: "2018-01-31", stop: "2018-04-30", step: "1,M", anchor: "stop" } as const;
    expect(dates(back)).toEqual(["2018-02-28", "2018-03-30", "2018-04-30"]);
  });

  it("2016-02-29 by 1,Y is 02-29 and then 02-28", () => {
    expect(dates(range("2016-02-29", "2018-03-01", "1,Y"))).toEqual([
      "2016-02-29",
      "2017-02-28",
      "2018-02-28",
    ]);
  });

  it.each([
    ["1,D", 3],
    ["12,h", 5],
    ["1440,m", 3],
    ["43200,s", 5],
    ["86400000,ms", 3],
    ["1.1,h", 44],
  ])("2018-01-01…2018-01-03 by %s has %d labels", (step, size) => {
    expect(Coordinates.grid({ time: range("2018-01-01", "2018-01-03", step) }).size).toBe(size);
  });

  it("a stop that falls on a step is there, whatever the step rounds to", () => {
    const hours = Coordinates.grid({ time: range("2018-01-01", "2018-01-01T12:06", "1.1,h") });
    expect([hours.size, hours.get("time").every(Number.isInteger)]).toEqual([12, true]);
  });

  it("instants are whole milliseconds, however a span is divided", () => {
    const thirds = Coordinates.grid({
      time: { start: "1970-01-01", stop: "1970-01-01T00:00:00.010", size: 4 },
    });
    expect(labels(thirds, "time")).toEqual([0, 3, 7, 10]);
    expect(labels(Coordinates.fromDefinition(JSON.stringify(thirds)), "time")).toEqual([0, 3, 7, 10]);
  });

  it.each([
    [0, 10, 0],
    [0, 10, -1],
    [10, 0, 1],
    ["2018-01-01", "2018-02-01", "0,D"],
    ["2018-01-01", "2018-02-01", "-1,D"],
    ["2018-02-01", "2018-01-01", "1,M"],
    ["NaT", "2018-01-01", "1,M"],
    ["2018-01-01", "NaT", "1,D"],
  ])("%s…%s by %s is an error", (start, stop, step) => {
    expect(() => Coordinates.grid({ time: range(start, stop, step) })).toThrow(
      /Dimension "time": .*(step|NaT)/i,
    );
  });

  it.each([
    [[0, "2018-01-01"]],
    [{ start: 0, stop: "2018-01-01", step: 1 }],
    [{ start: "2018-01-01", stop: "2018-02-01", step: 1 }],
  ])("%j mixes kinds, which is an error", (input) => {
    expect(() => Coordinates.grid({ time: input as AxisInput })).toThrow(
      /"time": numbers and instants are mixed/,
    );
  });

  it("a number, and one ISO string, is an axis", () => {
    const one = Coordinates.grid({ lat: 7, time: "2018-01-01" });
    expect([one.shape, labels(one), labels(one, "time")]).toEqual([[1, 1], [7], [Date.UTC(2018, 0)]]);
  });

  it("dims follow the order, else the keys", () => {
    expect(Coordinates.grid({ lon: 1, lat: 2 }).dims).toEqual(["lon", "lat"]);
    expect(Coordinates.grid({ lon: 1, lat: 2 }, { order: ["lat", "lon"] }).dims).toEqual(["lat", "lon"]);
  });
});

describe("stacks", () => {
  const stacked = Coordinates.merge([
    Coordinates.points({ lat: [0, 1, 2], lon: [10, 20, 30] }),
    Coordinates.grid({ time: ["2018-01-01", "2018-01-02"] }),
  ]);

  it("lat and lon stacked ×3 with time ×2 are (lat_lon, time) of 3 × 2", () => {
    const { dims, udims, shape, ushape, size } = stacked;
    expect([dims, udims, shape, ushape, size]).toEqual([
      ["lat_lon", "time"],
      ["lat", "lon", "time"],
      [3, 2],
      [3, 3, 2],
      6,
    ]);
  });

  it("nested lists are n-d stacked as lat_lon-1 and lat_lon-2", () => {
    const lists = [
      [0, 1, 2],
      [3, 4, 5],
    ];
    const points = Coordinates.points({ lat: lists, lon: lists });
    expect([points.dims, points.shape]).toEqual([
      ["lat_lon-1", "lat_lon-2"],
      [2, 3],
    ]);
  });

  it("drop of lat is an error, and udrop leaves lon", () => {
    expect(() => stacked.drop("lat")).toThrow(/"lat" is part of the stack "lat_lon"/);
    expect(stacked.udrop("lat").dims).toEqual(["lon", "time"]);
  });

  it("columns of unequal length, and one point, are errors", () => {
    expect(() => Coordinates.points({ lat: [0, 1], lon: [0] })).toThrow(/unequal lengths: lat 2, lon 1/);
    expect(() => Coordinates.points({ lat: [0], lon: [0] })).toThrow(/at least two/);
  });

  it("bounds select the points that are within all of them", () => {
    const within = stacked.select({ lat: [0, 1], lon: [20, 30], time: ["2018-01-02", "2018-02-01"] });
    expect([labels(within), labels(within, "lon"), within.shape]).toEqual([[1], [20], [1, 1]]);
  });
});

describe("systems", () => {
  it("EPSG:4326 to 3857 takes lat [0, 45] and lon [0, 90] to metres", () => {
    const there = Coordinates.grid({ lat: [0, 45], lon: [0, 90] }).transform("EPSG:3857");
    expect([labels(there), labels(there, "lon")]).toEqual([
      [0, 5621521.486192066],
      [0, 10018754.171394622],
    ]);
  });

  it("a rotated result is stacked in two dimensions", () => {
    const there = Coordinates.grid({ lat: [45, 50], lon: [5, 15, 25] }).transform("EPSG:32633");
    expect([there.dims, there.shape]).toEqual([
      ["lat_lon-1", "lat_lon-2"],
      [2, 3],
    ]);
  });

  it("a code without a definition is an error that says how to register one", () => {
    expect(() => Coordinates.grid({ lat: 0 }, { crs: "EPSG:9998" })).toThrow(/registerCrs\("EPSG:9998"/);
  });

  it("alt needs vertical units", () => {
    expect(() => Coordinates.grid({ alt: 1 })).toThrow(/vertical units/);
    expect(Coordinates.grid({ alt: 1 }, { crs: "EPSG:4979" }).dims).toEqual(["alt"]);
  });
});

describe("selection of 0, 1, 2, 3 by bounds", () => {
  it.each<[[number, number], boolean, number[]]>([
    [[1.25, 1.25], false, [1]],
    [[1.2, 1.8], false, [1, 2]],
    [[1.5, 1.5], false, [1]],
    [[0.5, 2.5], false, [1, 2]],
    [[1.5, 2.5], true, [1, 2, 3]],
    [[4, 5], false, []],
    [[-2, -1], true, []],
  ])("%j, outer: %s, is %j", (bounds, outer, expected) => {
    const days = (at: number) => new Date(Date.UTC(2018, 0, 1) + at * 86_400_000);
    for (const order of [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [2, 0, 3, 1],
    ]) {
      expect(labels(lat(order).select({ lat: bounds }, { outer })).toSorted()).toEqual(expected);
      const time = Coordinates.grid({ time: order.map(days) });
      const found = time.select({ time: [days(bounds[0]), days(bounds[1])] }, { outer });
      expect(labels(found, "time").toSorted()).toEqual(expected.map((at) => days(at).getTime()));
    }
  });
});

describe("combination", () => {
  it("union of 0, 1, 2 and 1, 5 is 0, 1, 2, 5", () => {
    expect(labels(lat([0, 1, 2]).union(lat([1, 5])))).toEqual([0, 1, 2, 5]);
  });

  it("concat of 0, 1, 2 and 1, 5 is 0, 1, 2, 1, 5", () => {
    expect(labels(lat([0, 1, 2]).concat(lat([1, 5])))).toEqual([0, 1, 2, 1, 5]);
  });

  it("merging a duplicate dimension is an error", () => {
    expect(() => Coordinates.merge([lat([0]), lat([1])])).toThrow(/"lat" comes twice/);
  });

  it("intersect transforms the other first", () => {
    const mercator = Coordinates.grid({ lat: [0.5, 2.5], lon: [0, 1] }).transform("EPSG:3857");
    expect(labels(lat([0, 1, 2, 3]).intersect(mercator))).toEqual([1, 2]);
  });

  it("simplify makes a list that is exactly even uniform, and leaves another", () => {
    expect(lat([0, 0.5, 1]).simplify().axis("lat").step).toBe(0.5);
    expect(lat([0, 0.1, 0.3]).simplify().axis("lat").step).toBeUndefined();
    const months = Coordinates.grid({ time: ["2018-01-31", "2018-02-28", "2018-03-31"] }).simplify();
    expect(months.axis("time").step).toEqual({ count: 1, unit: "M" });
  });

  it("a group is a list", () => {
    const group = new GroupCoordinates([lat([0]), lat([1])]);
    expect([group.length, [...group].map((each) => labels(each)), group.udims]).toEqual([
      2,
      [[0], [1]],
      [["lat"], ["lat"]],
    ]);
  });
});

describe("identity", () => {
  it("the list 0, 1, 2 and uniform 0…2 are equal and hash alike", () => {
    expect(lat([0, 1, 2]).equals(lat(range(0, 2, 1)))).toBe(true);
    expect(lat([0, 1, 2]).hash).toBe(lat(range(0, 2, 1)).hash);
  });

  it("EPSG:4326 and epsg:4326 hash alike", () => {
    const of = (crs: string) => Coordinates.grid({ lat: [0] }, { crs }).hash;
    expect([of("epsg:4326"), of("urn:ogc:def:crs:EPSG::4326")]).toEqual([of("EPSG:4326"), of("EPSG:4326")]);
    expect(of("EPSG:3857")).not.toBe(of("EPSG:4326"));
  });
});

describe("units", () => {
  const one = (value: number, units?: string) => new UnitsDataArray([value], lat(0), { units });

  it("1 m + 1 inch is 1.0254 m", () => {
    const sum = one(1, "m").add(one(1, "inch"));
    expect([sum.item(), sum.units]).toEqual([1.0254, "m"]);
  });

  it("1 inch + 1 m is 40.37007874015748 inch", () => {
    const sum = one(1, "inch").add(one(1, "m"));
    expect([sum.item(), sum.units]).toEqual([40.37007874015748, "inch"]);
  });

  it("1 m > 1 inch, without unit", () => {
    const greater = one(1, "m").gt(one(1, "inch"));
    expect([greater.item(), greater.units]).toEqual([1, undefined]);
  });

  it.each(["add", "sub", "mod", "floordiv", "lt", "le", "gt", "ge", "eq", "ne"] as const)(
    "%s of m and K, and of m and no unit, is a DimensionalityError",
    (name) => {
      for (const [left, right] of [
        ["m", "K"],
        ["m", undefined],
        [undefined, "m"],
      ])
        expect(() => one(1, left)[name](one(1, right))).toThrow(DimensionalityError);
    },
  );

  it("10 degC is 283.15 K, and 1500 m is 1.5 km", () => {
    expect([one(10, "degC").to("K").item(), one(1500, "m").to("km").item()]).toEqual([283.15, 1.5]);
  });

  it("a variance has the square of the unit, a root its half", () => {
    expect([one(1, "m").var().units, one(4, "m2").sqrt().units]).toEqual(["m2", "m"]);
  });

  it.each([
    [7, 2, 3, 1],
    [-7, 2, -4, 1],
    [7, -2, -4, -1],
    [1, 0.1, 9, 0.09999999999999995],
    [-1, Number.POSITIVE_INFINITY, -1, Number.POSITIVE_INFINITY],
    [1, 0, Number.POSITIVE_INFINITY, Number.NaN],
  ])("floordiv and mod of %d by %d are %d and %d, as numpy has them", (a, b, quotient, rest) => {
    expect([one(a).floordiv(b).item(), one(a).mod(b).item()]).toEqual([quotient, rest]);
  });
});

describe("bands", () => {
  const grid = Coordinates.grid({ lat: [0, 1], lon: [0] });
  const bands = ["r", "g", "b", "a"];
  const grey = UnitsDataArray.create(grid, 1, { units: "m" });
  const mixed = UnitsDataArray.create(grid, 1, { bands, units: { r: "m", g: "ft", b: "km", a: "mile" } });

  it("grey ones in m + rgba ones in km are 1001 m everywhere, (lat, lon, band)", () => {
    const sum = grey.add(UnitsDataArray.create(grid, 1, { bands, units: "km" }));
    expect([sum.dims, sum.shape, values(sum), sum.units]).toEqual([
      ["lat", "lon", "band"],
      [2, 1, 4],
      new Array(8).fill(1001),
      "m",
    ]);
  });

  it("grey ones in m + ones in m, ft, km, mile are 2, 1.3048, 1001, 1610.344 m", () => {
    const sum = grey.add(mixed);
    const row = [2, 1.3048, 1001, 1610.344];
    expect([values(sum), sum.units]).toEqual([[...row, ...row], "m"]);
  });

  it("with the operands swapped each band keeps its own unit", () => {
    expect(mixed.add(grey).units).toEqual({ r: "m", g: "ft", b: "km", a: "mile" });
  });

  it("a selected band has its unit, and bands that would mix ask for a selection", () => {
    expect(mixed.sel({ band: "g" }).units).toBe("ft");
    expect(() => mixed.sum("band")).toThrow(/select a band/);
  });
});

describe("arrays", () => {
  it("1: (lat, lon) 2 × 3, asked as (lon, lat), is 3 × 2", () => {
    const grid = Coordinates.grid({ lat: [0, 1], lon: [10, 20, 30] });
    const src = new UnitsDataArray([0, 1, 2, 3, 4, 5], grid).transpose("lon", "lat");
    expect([src.dims, src.shape, values(src)]).toEqual([
      ["lon", "lat"],
      [3, 2],
      [0, 3, 1, 4, 2, 5],
    ]);
  });

  it("13: reductions of [[1, 2, NaN], [4, 5, 6]]", () => {
    const grid = Coordinates.grid({ lat: [0, 1], lon: [0, 1, 2] });
    const d = new UnitsDataArray([1, 2, Number.NaN, 4, 5, 6], grid);
    const all = [d.min(), d.max(), d.sum(), d.count(), d.mean(), d.median(), d.var()].map((each) =>
      each.item(),
    );
    expect(all).toEqual([1, 6, 18, 5, 3.6, 4, 3.44]);
    expect(d.std().item()).toBe(1.8547236990991407);
    expect([values(d.mean("lat")), values(d.count("lat")), values(d.var("lat"))]).toEqual([
      [2.5, 3.5, 6],
      [2, 2, 1],
      [2.25, 2.25, 0],
    ]);
  });

  it("create fills with NaN unless told", () => {
    expect(values(UnitsDataArray.create(lat([0, 1])))).toEqual([Number.NaN, Number.NaN]);
    expect(values(UnitsDataArray.create(lat([0, 1]), 3))).toEqual([3, 3]);
  });
});
