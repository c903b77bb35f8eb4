import { Coordinates, range, UnitsDataArray } from "@zarr-cache/arrays";
import { describe, expect, it } from "vitest";
import { ArraySource, Interpolate, type Interpolation } from "../src/index.ts";
import { grid, nested, source, src } from "./support/example.ts";

const NONE = Number.NaN;
const uniform = () => source([0, 1, 2, 3], { lat: { start: 0, step: 10, size: 4 } });
const uneven = () => source([0, 1, 2], { lat: [0, 10, 15] });

async function at(lat: number[], interpolation: Interpolation, from = uniform()): Promise<unknown> {
  return nested(await new Interpolate({ source: from, interpolation }).eval(grid({ lat })));
}

describe("a raw source", () => {
  it("returns source points around the request, and never interpolates", async () => {
    const out = await src().eval(grid({ lat: [0.4], lon: [12, 19] }));
    expect([nested(out), Array.from(out.coordinates.get("lat")), [...out.coordinates.get("lon")]]).toEqual([
      [
        [0, 1],
        [3, 4],
      ],
      [0, 1],
      [10, 20],
    ]);
  });

  it("returns the requested points where all of them are its own, also along a stack", async () => {
    const out = await src().eval(Coordinates.points({ lat: [1, 0], lon: [10, 30] }));
    expect([out.dims, nested(out)]).toEqual([["lat_lon"], [3, 2]]);
  });
});

describe("nearest", () => {
  it("takes of equally near labels the lower index, whichever way the labels run", async () => {
    expect(await at([5, 15, 25], "nearest")).toEqual([0, 1, 2]);
    expect(await at([5, 15, 25], "nearest", source([3, 2, 1, 0], { lat: [30, 20, 10, 0] }))).toEqual([
      1, 2, 3,
    ]);
  });

  it("reaches half a cell beyond uniform ends, else NaN", async () => {
    expect(await at([-5, -5.1, 35, 35.1], "nearest")).toEqual([0, NONE, 3, NONE]);
    expect(await at([-0.1, 0, 15, 15.1], "nearest", uneven())).toEqual([NONE, 0, 2, NONE]);
  });

  it("has a tolerance, in labels or in time, which counts beyond the ends as well", async () => {
    const within = (tolerance: number | string) => [{ method: "nearest" as const, tolerance }];
    expect(await at([1, 2, 8, 9, -1, -2], within(1))).toEqual([0, NONE, NONE, 1, 0, NONE]);
    const days = source([0, 1], { time: ["2018-01-01", "2018-01-11"] });
    const node = new Interpolate({ source: days, interpolation: within("2,D") });
    expect(nested(await node.eval(grid({ time: ["2018-01-03", "2018-01-04", "2018-01-09"] })))).toEqual([
      0,
      NONE,
      1,
    ]);
  });

  it("looks on the full source, not on what is asked beside it", async () => {
    const lats = [4.9, 5.1, 14.9, 15.1];
    const together = await at(lats, "nearest");
    expect(await Promise.all(lats.map(async (lat) => (await at([lat], "nearest")) as number[]))).toEqual(
      (together as number[]).map((value) => [value]),
    );
  });

  it("of points in a stack takes the nearest point, and the first of two", async () => {
    const stations = source([7, 8, 9], Coordinates.points({ lat: [0, 10, 0], lon: [0, 0, 10] }));
    const node = new Interpolate({ source: stations });
    const request = Coordinates.points({ lat: [1, 9, 5], lon: [1, 0, 0] });
    expect(nested(await node.eval(request))).toEqual([7, 8, 7]);
  });
});

describe("linear", () => {
  it("is NaN outside, and on labels exact", async () => {
    expect(await at([-0.1, 0, 2.5, 30, 30.1], "linear")).toEqual([NONE, 0, 0.25, 3, NONE]);
  });

  it("goes by unequal steps, and is NaN where a neighbour is that counts", async () => {
    expect(await at([5, 12.5], "linear", uneven())).toEqual([0.5, 1.5]);
    const gap = source([0, NONE, 2], { lat: [0, 10, 20] });
    expect(await at([0, 5, 10, 20], "linear", gap)).toEqual([0, NONE, NONE, 2]);
  });

  it("is named as impossible on points without a grid", async () => {
    const stations = source([7, 8], Coordinates.points({ lat: [0, 10], lon: [0, 0] }));
    const node = new Interpolate({ source: stations, interpolation: "linear" });
    await expect(node.eval(grid({ lat: [1], lon: [0] }))).rejects.toThrow(/"lat_lon" has no grid.*"nearest"/);
  });
});

describe("groups of dimensions", () => {
  const cube = new ArraySource({
    data: new UnitsDataArray(
      Float64Array.from({ length: 12 }, (_, index) => index),
      grid({ lat: [0, 1], lon: [0, 2], time: range("2018-01-01", "2018-01-03", "1,D") }),
    ),
  });
  const request = grid({ lat: [0.5], lon: [0.5], time: ["2018-01-01T18:00"] });

  it("are each interpolated in its own way; bilinear is linear in lat and lon and nearest elsewhere", async () => {
    const bilinear = await new Interpolate({ source: cube, interpolation: "bilinear" }).eval(request);
    expect(nested(bilinear)).toEqual([[[3 + 0.75 + 1]]]);
    const grouped = new Interpolate({
      source: cube,
      interpolation: [{ method: "linear", dims: ["time"] }, { method: "nearest" }],
    });
    expect(nested(await grouped.eval(request))).toEqual([[[0.75]]]);
  });

  it("that are named by no group take the nearest label", async () => {
    const node = new Interpolate({ source: cube, interpolation: [{ method: "linear", dims: ["lat"] }] });
    expect(nested(await node.eval(request))).toEqual([[[3 + 1]]]);
  });
});

it("a stacked request on a gridded source returns along the stack", async () => {
  const node = new Interpolate({ source: src(), interpolation: "bilinear" });
  const request = Coordinates.points({ lat: [0, 0.5, 1], lon: [15, 20, 30] });
  const out = await node.eval(request);
  expect([out.dims, nested(out), out.coordinates.equals(request)]).toEqual([
    ["lat_lon"],
    [0.5, 2.5, 5],
    true,
  ]);
});

it("none gives source points, as a raw source does", async () => {
  const none = await new Interpolate({ source: uniform(), interpolation: "none" }).eval(grid({ lat: [4] }));
  expect([nested(none), Array.from(none.coordinates.get("lat"))]).toEqual([
    [0, 1],
    [0, 10],
  ]);
});

it("an answer stays as it is when others are interpolated after it", async () => {
  const node = new Interpolate({ source: src(), interpolation: "bilinear" });
  const asked = [0.25, 0.5, 0.75].map((lat) => grid({ lon: [12.5, 15, 20], lat: [lat, 1 - lat] }));
  const answers = [];
  for (const each of asked) answers.push(await node.eval(each));
  const before = answers.map(nested);
  for (const each of asked.toReversed()) await node.eval(each);
  expect(answers.map(nested)).toEqual(before);
  expect(before[1]).toEqual([
    [1.75, 1.75],
    [2, 2],
    [2.5, 2.5],
  ]);
});
