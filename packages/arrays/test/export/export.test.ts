import { fromArrayBuffer } from "geotiff";
import { describe, expect, it } from "vitest";
import { toCSV, toGeoTIFF, toNetCDF } from "../../src/export/index.ts";
import { Coordinates, range, UnitsDataArray } from "../../src/index.ts";

const grid = Coordinates.grid({ lat: [0, 1], lon: [10, 20, 30] });
const array = new UnitsDataArray([0, 1, 2, 3, Number.NaN, 5], grid, { units: "m", name: "depth" });

describe("CSV", () => {
  it("has a line for each value, labels first", () => {
    expect(toCSV(array.isel({ lon: [1, 2] })).split("\r\n")).toEqual([
      "lat,lon,depth [m]",
      "0,20,1",
      "0,30,2",
      "1,20,",
      "1,30,5",
      "",
    ]);
  });

  it("writes every label of a stack, dates and bands", () => {
    const points = Coordinates.merge([
      Coordinates.points({ lat: [0, 1], lon: [5, 6] }),
      Coordinates.grid({ time: ["2018-01", "2018-02"] }),
    ]);
    const bands = new UnitsDataArray([1, 2, 3, 4], points, { name: 'a "b"' });
    expect(toCSV(bands).split("\r\n").slice(0, 3)).toEqual([
      'lat,lon,time,"a ""b"""',
      "0,5,2018-01,1",
      "0,5,2018-02,2",
    ]);
    expect(toCSV(UnitsDataArray.create(Coordinates.grid({ lat: 1 }), 7, { bands: ["r", "g"] }))).toContain(
      "1,g,7",
    );
  });
});

describe("GeoTIFF", () => {
  const read = async (bytes: Uint8Array) => (await fromArrayBuffer(bytes.slice().buffer)).getImage();

  it("is north up, in its place", async () => {
    const image = await read(toGeoTIFF(array));
    expect([image.getWidth(), image.getHeight(), image.getBoundingBox()]).toEqual([3, 2, [5, -0.5, 35, 1.5]]);
    const [values] = await image.readRasters();
    expect(Array.from(values as Float32Array)).toEqual([3, Number.NaN, 5, 0, 1, 2]);
    expect(image.getGeoKeys()?.["GeographicTypeGeoKey"]).toBe(4326);
    expect(image.getGDALNoData()).toBeNaN();
  });

  it("has a sample for each band, and the code of a projection", async () => {
    const projected = UnitsDataArray.create(
      Coordinates.grid({ lat: range(0, 2, 1), lon: [0, 1] }, { crs: "EPSG:3857" }),
      1,
      { bands: ["a", "b"] },
    );
    const image = await read(toGeoTIFF(projected.transpose("band", "lon", "lat")));
    expect([image.getSamplesPerPixel(), image.getGeoKeys()?.["ProjectedCSTypeGeoKey"]]).toEqual([2, 3857]);
  });

  it("takes labels that were float32 for even", async () => {
    const tenth = (size: number, first: number) =>
      Float32Array.from({ length: size }, (_, at) => first + at * 0.1);
    const global = Coordinates.grid({ lat: tenth(180, 71.95), lon: tenth(360, -179.95) });
    const box = (await read(toGeoTIFF(UnitsDataArray.create(global, 1)))).getBoundingBox();
    for (const [at, edge] of [-180, 71.9, -144, 89.9].entries()) expect(box[at]).toBeCloseTo(edge, 4);
  });

  it("says what it cannot write", () => {
    expect(() => toGeoTIFF(array.isel({ lat: 0 }))).toThrow(/GeoTIFF: needs two unstacked dimensions.*lon/);
    expect(() => toGeoTIFF(UnitsDataArray.create(Coordinates.grid({ lat: [0, 1, 3], lon: [0, 1] })))).toThrow(
      /those of lat are not/,
    );
    expect(() =>
      toGeoTIFF(UnitsDataArray.create(Coordinates.grid({ lat: [0, 1], time: ["2018", "2019"] }))),
    ).toThrow(/needs lat and lon/);
  });
});

describe("NetCDF", () => {
  it("says what it cannot write", () => {
    expect(() => toNetCDF(array.with({ name: undefined }))).toThrow(/needs a name/);
    expect(() => toNetCDF(array.with({ name: "lat" }))).toThrow(/"lat" is the name of a dimension/);
    expect(() => toNetCDF([array, array])).toThrow(/two variables are named "depth"/);
    const mixed = UnitsDataArray.create(grid, 1, { name: "a", bands: ["r", "g"], units: { r: "m", g: "K" } });
    expect(() => toNetCDF(mixed)).toThrow(/select a band/);
  });

  it("begins as CDF-2 does", () => {
    expect(Array.from(toNetCDF(array).subarray(0, 4))).toEqual([0x43, 0x44, 0x46, 2]);
  });
});
