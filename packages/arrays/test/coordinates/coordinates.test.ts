import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { Coordinates, GroupCoordinates, range, registerCrs, registerDimension } from "../../src/index.ts";

const stack = () =>
  Coordinates.merge([
    Coordinates.points({ lat: [0, 1, 2], lon: [10, 20, 30] }),
    Coordinates.grid({ time: ["2018-01-01", "2018-01-02"] }),
  ]);

describe("dimensions", () => {
  it("tells stacked from unstacked ones", () => {
    const { dims, udims, shape, ushape, size } = stack();
    expect({ dims, udims, shape, ushape, size }).toEqual({
      dims: ["lat_lon", "time"],
      udims: ["lat", "lon", "time"],
      shape: [3, 2],
      ushape: [3, 3, 2],
      size: 6,
    });
  });

  it("makes a stack from a key of that name", () => {
    const grid = Coordinates.grid({
      lat_lon: [
        [0, 1, 2],
        [10, 20, 30],
      ],
      time: ["2018-01-01", "2018-01-02"],
    });
    expect(grid.equals(stack())).toBe(true);
  });

  it("stacks nested lists in several dimensions", () => {
    const points = Coordinates.points({
      lat: [
        [0, 1, 2],
        [3, 4, 5],
      ],
      lon: [
        [0, 0, 0],
        [1, 1, 1],
      ],
    });
    expect([points.dims, points.udims, points.shape]).toEqual([
      ["lat_lon-1", "lat_lon-2"],
      ["lat", "lon"],
      [2, 3],
    ]);
    expect(points.take({ "lat_lon-2": { start: 1, step: 1, size: 1 } }).get("lat")).toEqual(
      Float64Array.of(1, 4),
    );
  });

  it("follows the order, or else the keys", () => {
    expect(Coordinates.grid({ lon: 1, lat: 2 }).dims).toEqual(["lon", "lat"]);
    expect(Coordinates.grid({ lon: 1, lat: 2 }, { order: ["lat", "lon"] }).dims).toEqual(["lat", "lon"]);
    expect(() => Coordinates.grid({ lon: 1 }, { order: ["lat"] })).toThrow(/order has "lat".*lon/);
  });

  it("knows the registered names, and others after their registration", () => {
    expect(() => Coordinates.grid({ depth: 1 })).toThrow(
      /Unknown dimension "depth"; known are lat, lon, time, alt/,
    );
    registerDimension("depth");
    expect(Coordinates.grid({ depth: 1 }).dims).toEqual(["depth"]);
  });

  it("rejects unequal and single stacks", () => {
    expect(() => Coordinates.points({ lat: [0, 1], lon: [0] })).toThrow(/unequal lengths: lat 2, lon 1/);
    expect(() => Coordinates.points({ lat: [0], lon: [0] })).toThrow(/at least two/);
  });

  it("drops whole dimensions, and parts of a stack only on request", () => {
    expect(() => stack().drop("lat")).toThrow(/part of the stack "lat_lon"; udrop\("lat"\)/);
    expect(stack().udrop("lat").dims).toEqual(["lon", "time"]);
    expect(stack().drop("lat_lon").dims).toEqual(["time"]);
    expect(() => stack().drop("alt")).toThrow(/"alt" is not there; there are lat_lon, time, lat, lon/);
  });
});

describe("combination", () => {
  const lat = (...values: number[]) => Coordinates.grid({ lat: values });
  it("unites, appends and refuses duplicates", () => {
    expect(Array.from(lat(0, 1, 2).union(lat(1, 5)).get("lat"))).toEqual([0, 1, 2, 5]);
    expect(Array.from(lat(0, 1, 2).concat(lat(1, 5)).get("lat"))).toEqual([0, 1, 2, 1, 5]);
    expect(() => Coordinates.merge([lat(1), lat(2)])).toThrow(/"lat" comes twice/);
    expect(Array.from(lat(2, 1, 2).unique().get("lat"))).toEqual([2, 1]);
  });

  it("tells subsets", () => {
    expect(lat(1, 2).issubset(lat(0, 1, 2))).toBe(true);
    expect(lat(1, 3).issubset(lat(0, 1, 2))).toBe(false);
    const points = Coordinates.points({ lat: [0, 1, 2], lon: [10, 20, 30] });
    expect(Coordinates.points({ lat: [0, 2], lon: [10, 30] }).issubset(points)).toBe(true);
    expect(Coordinates.points({ lat: [0, 2], lon: [30, 10] }).issubset(points)).toBe(false);
  });

  it("cuts into chunks", () => {
    const chunks = [...Coordinates.grid({ lat: range(0, 4, 1), lon: [0, 1] }).chunks([2, 2])];
    expect(chunks.map(({ coordinates, start }) => [coordinates.shape, start])).toEqual([
      [
        [2, 2],
        [0, 0],
      ],
      [
        [2, 2],
        [2, 0],
      ],
      [
        [1, 2],
        [4, 0],
      ],
    ]);
  });

  it("moves and unstacks", () => {
    expect(stack().transpose("time", "lat_lon").dims).toEqual(["time", "lat_lon"]);
    expect(stack().unstack().shape).toEqual([3, 3, 2]);
    expect(() => stack().transpose("time")).toThrow(/each of lat_lon, time once/);
  });

  it("groups", () => {
    const group = new GroupCoordinates([lat(1), lat(2)]);
    expect(GroupCoordinates.fromDefinition(JSON.stringify(group)).equals(group)).toBe(true);
    expect(() => GroupCoordinates.fromDefinition("[")).toThrow(/"json" is "\["/);
    expect(inspect(group)).toBe(
      [
        "<GroupCoordinates (2)>",
        "<Coordinates (lat: 1)> EPSG:4326",
        "  * lat  (lat) float64 1",
        "<Coordinates (lat: 1)> EPSG:4326",
        "  * lat  (lat) float64 2",
      ].join("\n"),
    );
  });
});

describe("CRS", () => {
  it("transforms a grid to a grid", () => {
    const there = Coordinates.grid({ lat: [0, 45], lon: [0, 90] }).transform("EPSG:3857");
    expect(Array.from(there.get("lat"))).toEqual([0, 5621521.486192066]);
    expect(Array.from(there.get("lon"))).toEqual([0, 10018754.171394622]);
    expect(there.crs).toBe("EPSG:3857");
  });

  it("stacks what the projection bends, and brings points back", () => {
    const there = Coordinates.grid({ time: "2018-01-01", lat: [45, 50], lon: [5, 15, 25] }).transform(
      "EPSG:32633",
    );
    expect([there.dims, there.shape]).toEqual([
      ["time", "lat_lon-1", "lat_lon-2"],
      [1, 2, 3],
    ]);
    const back = there.transform("EPSG:4326").get("lon");
    for (const [at, lon] of [5, 15, 25, 5, 15, 25].entries()) expect(back[at]).toBeCloseTo(lon, 9);
  });

  it("transforms what is there, and leaves NaN where a label is missing", () => {
    const there = Coordinates.points({ lat: [Number.NaN, 45], lon: [0, 90] }).transform("EPSG:3857");
    expect(Array.from(there.get("lat"))).toEqual([Number.NaN, 5621521.486192066]);
    expect(() => Coordinates.fromDefinition("{")).toThrow(/"json" is "{"/);
  });

  it("says how to register a code without a definition", () => {
    const grid = Coordinates.grid({ lat: 0, lon: 0 });
    expect(() => grid.transform("EPSG:2056")).toThrow(
      /"EPSG:2056" has no definition.*registerCrs\("EPSG:2056"/,
    );
    registerCrs(
      "epsg:2056",
      "+proj=somerc +lat_0=46.952405555 +lon_0=7.439583333 +k_0=1 +x_0=2600000 +y_0=1200000 +ellps=bessel +towgs84=674.374,15.056,405.346,0,0,0,0 +units=m",
    );
    expect(grid.transform("EPSG:2056").crs).toBe("EPSG:2056");
  });

  it("wants vertical units for alt", () => {
    expect(() => Coordinates.grid({ alt: 1 })).toThrow(/no vertical units.*EPSG:4979/);
    const metres = Coordinates.grid({ alt: [1, 2] }, { crs: "EPSG:4979" });
    const feet = metres.transform("+proj=longlat +datum=WGS84 +vunits=ft");
    expect(feet.get("alt")[0]).toBeCloseTo(1 / 0.3048, 12);
  });

  it("reads a rotated raster as a stack, an upright one as a grid", () => {
    const upright = Coordinates.affine([10, 1, 0, 50, 0, -1], [2, 3]);
    expect([upright.dims, Array.from(upright.get("lat")), Array.from(upright.get("lon"))]).toEqual([
      ["lat", "lon"],
      [49.5, 48.5],
      [10.5, 11.5, 12.5],
    ]);
    const rotated = Coordinates.affine([0, 1, 1, 0, 1, -1], [2, 2]);
    expect(rotated.dims).toEqual(["lat_lon-1", "lat_lon-2"]);
    expect(Array.from(rotated.get("lon"))).toEqual([1, 2, 2, 3]);
    expect(Coordinates.fromDefinition(JSON.stringify(rotated)).equals(rotated)).toBe(true);
  });
});

it("prints as xarray does", () => {
  expect(inspect(stack())).toBe(
    [
      "<Coordinates (lat_lon: 3, time: 2)> EPSG:4326",
      "    lat   (lat_lon) float64 0 1 2",
      "    lon   (lat_lon) float64 10 20 30",
      "  * time  (time) time 2018-01-01 2018-01-02",
    ].join("\n"),
  );
});
