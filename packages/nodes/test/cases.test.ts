import { Coordinates, range, UnitsDataArray } from "@zarr-cache/arrays";
import { describe, expect, it } from "vitest";
import { Interpolate, OrderedCompositor } from "../src/index.ts";
import { grid, nested, source, src } from "./support/example.ts";

const NONE = Number.NaN;

describe("a source", () => {
  it("1: asked as (lon, lat) gives (lon, lat)", async () => {
    const out = await src().eval(grid({ lon: [10, 20, 30], lat: [0, 1] }));
    expect([out.dims, nested(out)]).toEqual([
      ["lon", "lat"],
      [
        [0, 3],
        [1, 4],
        [2, 5],
      ],
    ]);
  });

  it("2: asked without lon says that lon is missing", async () => {
    await expect(src().eval(grid({ lat: [0, 1] }))).rejects.toMatchObject({
      name: "CoordinateError",
      message: 'Dimension "lon" not present in requested coordinates with dims ["lat"]',
    });
  });

  it("3: asked as (time, lon, lat) leaves the time out", async () => {
    const out = await src().eval(grid({ time: ["2018-01-01"], lon: [10, 20, 30], lat: [0, 1] }));
    expect(out.dims).toEqual(["lon", "lat"]);
  });

  it("4: asked beyond its ends is empty, and an output is NaN", async () => {
    const beyond = grid({ lat: [50, 51], lon: [10, 20] });
    expect((await src().eval(beyond)).size).toBe(0);
    const output = UnitsDataArray.create(beyond, 7, { units: "m" });
    expect(await src().eval(beyond, { output })).toBe(output);
    expect(nested(output)).toEqual([
      [NONE, NONE],
      [NONE, NONE],
    ]);
  });

  it("5: takes some values for none", async () => {
    const node = source([1, -9999, 3], { lat: [0, 1, 2] }, { node: { nanValues: [-9999] } });
    expect(nested(await node.eval(grid({ lat: [0, 1, 2] })))).toEqual([1, NONE, 3]);
  });

  it("6: stacked lat_lon_time, asked for the time, drops lat and lon; equal times are an error", async () => {
    const times = ["2018-01-01", "2018-01-02", "2018-01-03"];
    const track = (time: string[]) =>
      source([1, 2, 3], Coordinates.points({ lat: [0, 1, 2], lon: [5, 6, 7], time }));
    const out = await track(times).eval(grid({ time: [times[2] as string, times[0] as string] }));
    expect([out.dims, nested(out)]).toEqual([["time"], [3, 1]]);
    await expect(
      track([times[0] as string, times[0] as string, times[1] as string]).eval(grid({ time: times })),
    ).rejects.toThrow(
      /"lat", "lon" is needed: without it several points of "lat_lon_time" have the same time/,
    );
  });

  it("7: stacked lat_lon, asked for lat_lon_time, carries the time along the stack", async () => {
    const node = source([1, 2, 3], Coordinates.points({ lat: [0, 1, 2], lon: [5, 6, 7] }));
    const request = Coordinates.points({
      lat: [0, 1, 2],
      lon: [5, 6, 7],
      time: ["2018-01-01", "2018-01-02", "2018-01-03"],
    });
    const out = await node.eval(request);
    expect([out.dims, nested(out), out.coordinates.equals(request)]).toEqual([
      ["lat_lon_time"],
      [1, 2, 3],
      true,
    ]);
  });
});

describe("interpolation", () => {
  it("8: nearest", async () => {
    const node = new Interpolate({ source: src(), interpolation: "nearest" });
    expect(nested(await node.eval(grid({ lat: [0.4, 0.6], lon: [14, 26] })))).toEqual([
      [0, 2],
      [3, 5],
    ]);
  });

  it("9: bilinear, and nothing beyond the ends", async () => {
    const node = src({ interpolation: "bilinear" });
    expect(nested(await node.eval(grid({ lat: [0.5], lon: [15, 25] })))).toEqual([[2, 3]]);
    expect(nested(await node.eval(grid({ lat: [-0.5], lon: [15] })))).toEqual([[NONE]]);
  });

  it("10: linear in time", async () => {
    const node = source([0, 1, 2], { time: ["2018-11-01", "2018-11-03", "2018-11-05"] });
    const daily = grid({ time: range("2018-11-01", "2018-11-05", "1,D") });
    expect(nested(await new Interpolate({ source: node, interpolation: "linear" }).eval(daily))).toEqual([
      0, 0.5, 1, 1.5, 2,
    ]);
  });
});

it("11: an ordered compositor fills what the first has not, bilinear", async () => {
  const a = source([NONE, NONE, NONE, 1, 1, 1, 1, 1, 1], { lat: [-1, 0, 1], lon: [10, 20, 30] });
  const row = [NONE, 0, 0];
  const b = source([...row, ...row, ...row, ...row], {
    lat: [0, 1, 2, 3],
    lon: { start: 10, stop: 40, size: 3 },
  });
  const node = new OrderedCompositor({ sources: [a, b], interpolation: "bilinear" });
  expect(nested(await node.eval(grid({ lat: [0, 1, 2], lon: [10, 20, 30, 40, 50] })))).toEqual([
    [1, 1, 1, 0, NONE],
    [1, 1, 1, 0, NONE],
    [NONE, NONE, 0, 0, NONE],
  ]);
});
