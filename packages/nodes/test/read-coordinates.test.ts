import { Coordinates } from "@zarr-cache/arrays";
import { describe, expect, it } from "vitest";
import { readCoordinates } from "../src/index.ts";

describe("readCoordinates", () => {
  it("reads axes by dimension, with a CRS beside them and any names of dimensions", () => {
    const read = readCoordinates({
      crs: "EPSG:4326",
      time: { start: "2018-01-31", stop: "2018-04-30", step: "1,M" },
      level: [850, 500],
      lat: { start: 1, stop: 0, size: 3 },
    });
    expect([read.dims, read.shape]).toEqual([
      ["time", "level", "lat"],
      [4, 2, 3],
    ]);
    expect([...read.get("lat")]).toEqual([1, 0.5, 0]);
  });

  it("reads a definition back", () => {
    const stacked = Coordinates.points({ lat: [1, 2], lon: [3, 4] });
    expect(readCoordinates(stacked.definition).equals(stacked)).toBe(true);
  });

  it.each([
    [[1, 2], /object of axes/],
    [{ crs: "EPSG:4326" }, /no axis/],
    [{ crs: 4326, lat: [1] }, /crs must be a text/],
    [{ lat: "north" }, /north/],
    [{ lat: { start: 0, stop: 1, step: 0 } }, /step/],
  ])("refuses %j", (json, message) => {
    expect(() => readCoordinates(json as never)).toThrow(message);
  });
});
