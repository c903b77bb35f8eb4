import { Coordinates, range } from "@zarr-cache/arrays";
import { describe, expect, it } from "vitest";
import {
  Arithmetic,
  BUILT_IN_NODES,
  Combine,
  Convolution,
  ExpandCoordinates,
  FunctionSource,
  GroupReduce,
  Interpolate,
  Mask,
  type Node,
  OrderedCompositor,
  Reduce,
  Reproject,
  resource,
  SelectCoordinates,
  TileCompositor,
  ZarrSource,
} from "../src/index.ts";
import { checkNode } from "../src/testing/index.ts";
import { counting, countingSource, grid, source, src } from "./support/example.ts";
import { writtenStore } from "./support/written-store.ts";

const cube = (node: object = {}) => {
  const axes = grid({ lat: [0, 1, 2], lon: [10, 20, 30], time: range("2018-01-01", "2018-03-01", "1,M") });
  return source(
    Array.from({ length: 27 }, (_, at) => at * 1.1),
    axes,
    { units: "m", node },
  );
};

const track = () => source([1, 2, 3], Coordinates.points({ lat: [0, 1, 2], lon: [5, 6, 8] }));

const BUILT_IN: readonly [string, () => Node | Promise<Node>][] = [
  ["ArraySource", src],
  ["ArraySource of a stack", track],
  [
    "ArraySource of a stack with equal latitudes",
    () => source([1, 2, 3], Coordinates.points({ lat: [0, 0, 1], lon: [10, 20, 30] })),
  ],
  [
    "ArraySource of bands",
    () => source([1, 2, 3, 4], { lat: [0, 1] }, { bands: ["r", "g"], units: { r: "m", g: "K" } }),
  ],
  ["ArraySource, linear", () => cube({ interpolation: "linear" })],
  [
    "ZarrSource",
    async () => new ZarrSource({ store: resource("store", await writtenStore()), variable: "a" }),
  ],
  ["FunctionSource", () => countingSource(["lat", "time"]).node],
  ["FunctionSource of any dimensions", () => countingSource().node],
  [
    "FunctionSource with native labels",
    () => new FunctionSource({ fn: counting().fn, coordinates: grid({ lat: [1, 2, 3] }) }),
  ],
  ["Interpolate", () => new Interpolate({ source: cube(), interpolation: "bilinear" })],
  ["Interpolate of points", () => new Interpolate({ source: track() })],
  [
    "OrderedCompositor",
    () =>
      new OrderedCompositor({
        sources: [src(), source([9, 8, 7, 6], { lat: [1, 2], lon: [20, 40] }, { units: "m" })],
        interpolation: "nearest",
      }),
  ],
  [
    "TileCompositor",
    () =>
      new TileCompositor({
        sources: [source([1, 2], { lat: [0, 1] }), source([3, 4], { lat: [2, 3] })],
        interpolation: "linear",
      }),
  ],
  [
    "Arithmetic",
    () =>
      new Arithmetic({
        eqn: "where(A > 2, A, B * 2)",
        operands: { A: src(), B: new FunctionSource({ fn: counting().fn, dims: ["time"], units: "m" }) },
        units: "m",
      }),
  ],
  ["Reduce", () => new Reduce({ source: cube(), reduction: "mean", dims: ["time"] })],
  [
    "Convolution",
    () =>
      new Convolution({
        source: cube(),
        kernel: [[1], [2], [1]],
        dims: ["lat", "lon"],
        interpolation: "nearest",
      }),
  ],
  ["GroupReduce", () => new GroupReduce({ source: cube(), groupby: "month", reduction: "max" })],
  [
    "GroupReduce of a month",
    () =>
      new SelectCoordinates({
        source: new GroupReduce({ source: cube(), groupby: "month", reduction: "max" }),
        coordinates: grid({ time: ["2018-02-01"] }),
      }),
  ],
  ["Mask", () => new Mask({ source: src(), mask: cube(), compare: ">", value: 20 })],
  ["SelectCoordinates", () => new SelectCoordinates({ source: cube(), coordinates: grid({ lat: [1, 2] }) })],
  [
    "ExpandCoordinates",
    () =>
      new ExpandCoordinates({
        source: countingSource(["time"]).node,
        windows: { time: ["-1,D", "1,D", "1,D"] },
      }),
  ],
  [
    "Reproject",
    () =>
      new Reproject({
        source: new Interpolate({ source: src() }),
        coordinates: grid({ lat: [0, 0.4, 1], lon: [10, 14, 18] }),
      }),
  ],
  ["Combine", () => new Combine({ sources: { a: src(), b: countingSource(["lat"]).node } })],
  ["Pipeline", () => src().definition("node")],
];

describe("checkNode passes for", () => {
  it.each(BUILT_IN)("%s", async (_, make) => {
    const report = await checkNode(await make());
    expect(report.broken).toEqual([]);
    expect([report.passed, report.requests]).toEqual([true, 168]);
  });
});

it("checks every type of this package", async () => {
  const checked = await Promise.all(BUILT_IN.map(async ([, make]) => (await make()).type));
  expect(BUILT_IN_NODES.filter(({ type }) => !checked.includes(type))).toEqual([]);
});
