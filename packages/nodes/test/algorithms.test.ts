import { Coordinates, range, UnitsDataArray } from "@zarr-cache/arrays";
import { describe, expect, it } from "vitest";
import {
  Arithmetic,
  Combine,
  Convolution,
  ExpandCoordinates,
  FunctionSource,
  GroupReduce,
  Mask,
  Reduce,
  Reproject,
  resource,
  SelectCoordinates,
} from "../src/index.ts";
import { countingSource, grid, nested, source, src } from "./support/example.ts";

const NONE = Number.NaN;
const all = grid({ lat: [0, 1], lon: [10, 20, 30] });

describe("Reduce", () => {
  const d = () => source([1, 2, NONE, 4, 5, 6], { lat: [0, 1], lon: [10, 20, 30] }, { units: "m" });

  it.each([
    ["min", 1, "m"],
    ["max", 6, "m"],
    ["sum", 18, "m"],
    ["count", 5, undefined],
    ["mean", 3.6, "m"],
    ["median", 4, "m"],
    ["variance", 3.44, "m2"],
    ["std", 1.8547236990991407, "m"],
    ["skew", -0.15799, undefined],
    ["kurtosis", -1.49081, undefined],
    ["percentile", 4, "m"],
  ] as const)("13: %s of all", async (reduction, expected, units) => {
    const out = await new Reduce({ source: d(), reduction }).eval(all);
    expect([out.dims, out.units]).toEqual([[], units]);
    expect(out.item()).toBeCloseTo(expected, reduction === "skew" || reduction === "kurtosis" ? 5 : 14);
  });

  it("13: over lat", async () => {
    const over = async (reduction: "mean" | "count" | "variance") =>
      nested(await new Reduce({ source: d(), reduction, dims: ["lat"] }).eval(grid({ lon: [10, 20, 30] })));
    expect(await over("mean")).toEqual([2.5, 3.5, 6]);
    expect(await over("count")).toEqual([2, 2, 1]);
    expect(await over("variance")).toEqual([2.25, 2.25, 0]);
  });

  it("takes the reduced dims whole, whatever is requested of them", async () => {
    const node = new Reduce({ source: d(), reduction: "sum", dims: ["lat"] });
    expect(nested(await node.eval(grid({ lat: [1], lon: [10] })))).toEqual([5]);
    expect(nested(await node.eval(grid({ lon: [30, 10] })))).toEqual([6, 5]);
  });

  it("reduces in blocks what is too large to be in memory at once, to the same values", async () => {
    const asked: number[] = [];
    const fn = resource("wave", (coordinates: Coordinates) => {
      asked.push(coordinates.size);
      const lats = coordinates.get("lat");
      const times = coordinates.size / lats.length;
      return Float64Array.from(
        { length: coordinates.size },
        (_, at) => ((lats[Math.floor(at / times)] as number) * (at % times)) / 7,
      );
    });
    const wave = new FunctionSource({ fn, dims: ["lat", "time"] });
    const times = grid({ time: { start: "2018-01-01", step: "1,D", size: 2100 } });
    const node = new Reduce({ source: wave, reduction: "mean", dims: ["time"], coordinates: times });
    const lats = { start: 0, step: 1, size: 2100 };
    const together = await node.eval(grid({ lat: lats }));
    expect([asked.length, asked.reduce((a, b) => a + b)]).toEqual([2, 2100 * 2100]);
    const alone = await node.eval(grid({ lat: [1234] }));
    expect(together.sel({ lat: 1234 }).item()).toBe(alone.item());
  });

  it("names a dimension that is not there", async () => {
    await expect(new Reduce({ source: d(), reduction: "sum", dims: ["time"] }).eval(all)).rejects.toThrow(
      /"time" is not there; there are lat, lon/,
    );
  });
});

describe("Convolution", () => {
  it("is right at the edges of a request, and nothing beyond those of the source", async () => {
    const node = new Convolution({
      source: source([1, 2, 4, 8, 16], { lat: [0, 1, 2, 3, 4] }, { units: "m" }),
      kernel: [1, 1, 1],
      dims: ["lat"],
    });
    expect(nested(await node.eval(grid({ lat: [2] })))).toEqual([14]);
    const out = await node.eval(grid({ lat: [0, 1, 2, 3, 4] }));
    expect([nested(out), out.units]).toEqual([[NONE, 7, 14, 28, NONE], "m"]);
  });

  it("works in two dimensions, of which the request may have any order", async () => {
    const node = new Convolution({
      source: src(),
      kernel: [
        [0, 0, 0],
        [1, 2, 3],
        [0, 0, 0],
      ],
      dims: ["lat", "lon"],
    });
    expect(nested(await node.eval(grid({ lon: [20], lat: [1, 0] })))).toEqual([
      [1 * 3 + 2 * 4 + 3 * 5, 0 + 2 + 6],
    ]);
    expect(() => new Convolution({ source: src(), kernel: [1, 2], dims: ["lat"] })).toThrow(/odd number/);
  });
});

describe("GroupReduce", () => {
  const days = grid({ time: range("2018-01-01", "2019-12-31", "1,D") });
  const daily = () =>
    source(
      Array.from({ length: 730 }, (_, at) => at),
      days,
    );

  it("goes along stacks, and is NaN where the source has no such place", async () => {
    const grids = source([1, 2, 3, 4], { lat: [0, 1], time: ["2018-01-05", "2019-01-07"] }, { units: "m" });
    const node = new GroupReduce({ source: grids, groupby: "month", reduction: "sum" });
    const track = Coordinates.points({ lat: [1, 0, 7], time: ["2020-01-01", "2020-01-31", "2020-01-01"] });
    const out = await node.eval(track);
    expect([out.dims, nested(out), out.units]).toEqual([["lat_time"], [7, 3, NONE], "m"]);
    const between = await node.eval(grid({ lat: [0.5, 1], time: ["2020-01-01", "2020-02-01"] }));
    expect(nested(between)).toEqual([
      [NONE, NONE],
      [7, NONE],
    ]);
  });

  it("gives each time what is made of its month, season or day of the year", async () => {
    const at = grid({ time: ["2018-02-10", "2019-02-20", "2018-03-01"] });
    const month = await new GroupReduce({ source: daily(), groupby: "month", reduction: "mean" }).eval(at);
    const february = (31 + 58 + 396 + 423) / 4;
    expect((nested(month) as number[])[0]).toBe(february);
    expect((nested(month) as number[])[1]).toBe(february);
    const day = new GroupReduce({ source: daily(), groupby: "dayofyear", reduction: "mean" });
    expect(nested(await day.eval(at))).toEqual([(40 + 405) / 2, (50 + 415) / 2, (59 + 424) / 2]);
    const season = new GroupReduce({ source: daily(), groupby: "season", reduction: "count" });
    expect(nested(await season.eval(at))).toEqual([180, 180, 184]);
  });
});

it("Mask takes points out where another node compares", async () => {
  const node = new Mask({ source: src(), mask: src(), compare: ">", value: 3 });
  expect(nested(await node.eval(all))).toEqual([
    [0, 1, 2],
    [3, NONE, NONE],
  ]);
});

it("SelectCoordinates fixes labels", async () => {
  const node = new SelectCoordinates({ source: src(), coordinates: grid({ lat: [1] }) });
  const out = await node.eval(grid({ lon: [30, 10], lat: [0] }));
  expect([out.dims, nested(out)]).toEqual([
    ["lon", "lat"],
    [[5], [3]],
  ]);
});

it("ExpandCoordinates adds labels around those that are requested", async () => {
  const { node: source } = countingSource(["time"]);
  const node = new ExpandCoordinates({ source, windows: { time: ["-1,M", "0,D", "1,D"] } });
  const out = await node.eval(grid({ time: ["2018-03-01"] }));
  expect([out.shape, out.coordinates.bounds["time"]]).toEqual([
    [29],
    [Date.UTC(2018, 1, 1), Date.UTC(2018, 2, 1)],
  ]);
  expect(() => new ExpandCoordinates({ source, windows: { time: ["x", "0,D", "1,D"] } })).toThrow(/windows/);
});

it("Reproject evaluates on other labels, and interpolates from there", async () => {
  const coarse = grid({ lat: [0, 1], lon: [10, 30] });
  const node = new Reproject({ source: src(), coordinates: coarse, interpolation: "bilinear" });
  expect(nested(await node.eval(grid({ lat: [0], lon: [10, 20, 30] })))).toEqual([[0, 1, 2]]);
});

it("Combine makes bands, each with its unit", async () => {
  const node = new Combine({
    sources: { a: src(), b: new Arithmetic({ eqn: "A*A", operands: { A: src() } }) },
  });
  const out = await node.eval(grid({ lon: [20], lat: [0, 1] }));
  expect([out.dims, nested(out), out.units]).toEqual([
    ["lon", "lat", "band"],
    [
      [
        [1, 1],
        [4, 16],
      ],
    ],
    { a: "m", b: "m2" },
  ]);
});

it("an algorithm over sources that give their own points has the points that all of them have", async () => {
  const wide = source([1, 2, 3, 4], { lat: [0, 1, 2, 3] });
  const node = new Arithmetic({ eqn: "A + B", operands: { A: wide, B: source([10, 30], { lat: [1, 3] }) } });
  const out = await node.eval(grid({ lat: [0.5, 2.5] }));
  expect([nested(out), Array.from(out.coordinates.get("lat"))]).toEqual([
    [12, 34],
    [1, 3],
  ]);
  expect(UnitsDataArray.create(Coordinates.of([])).size).toBe(1);
});
