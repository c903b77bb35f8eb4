import { Coordinates, range, UnitsDataArray } from "@zarr-cache/arrays";
import { describe, expect, it } from "vitest";
import {
  Algorithm,
  Arithmetic,
  type AttributeDeclarations,
  Combine,
  Convolution,
  DataSource,
  type EvalContext,
  type EvalOptions,
  ExpandCoordinates,
  FunctionSource,
  GroupReduce,
  Interpolate,
  Mask,
  Node,
  OrderedCompositor,
  Reduce,
  Reproject,
  resource,
  SelectCoordinates,
  TileCompositor,
  ZarrSource,
} from "../src/index.ts";
import { checkNode } from "../src/testing/index.ts";
import { counting, countingSource, grid, source, src, valuesAt } from "./support/example.ts";
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
  [
    "GroupReduce",
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
        windows: { time: ["0,D", "0,D", "1,D"] },
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

describe("checkNode fails for", () => {
  const attributes: AttributeDeclarations = {
    source: { type: "node", default: src, help: "What is broken" },
  };
  class Base extends DataSource {
    static override readonly type: string = "Broken";
    override get nativeCoordinates() {
      return grid({ lat: [0, 1], lon: [10, 20] });
    }
    override compute(coordinates: Coordinates, _: EvalContext): UnitsDataArray | Promise<UnitsDataArray> {
      return new UnitsDataArray(
        valuesAt(coordinates, ([a = 0, b = 0]) => a * 100 + b),
        coordinates,
      );
    }
  }
  let calls = 0;
  const broken: Readonly<Record<string, readonly [rule: number | string, type: new () => Node]>> = {
    "a node without compute": [0, class extends Node {}],
    "numbers in the place of an array": [
      1,
      class extends Base {
        override compute() {
          return [1, 2] as never;
        }
      },
    ],
    "an answer without provenance": [
      1,
      class extends Base {
        override async eval(coordinates: Coordinates, options?: EvalOptions) {
          return (await super.eval(coordinates, options)).with({ attrs: {} });
        }
      },
    ],
    "dims in an order of its own": [
      2,
      class extends Base {
        override async eval(coordinates: Coordinates, options?: EvalOptions) {
          const out = await super.eval(coordinates, options);
          return out === options?.output ? out : out.transpose();
        }
      },
    ],
    "an answer to any request": [
      3,
      class extends Base {
        override async eval(coordinates: Coordinates, options?: EvalOptions) {
          const isThere = ["lat", "lon"].every((name) => coordinates.has(name));
          return isThere ? super.eval(coordinates, options) : UnitsDataArray.create(coordinates);
        }
      },
    ],
    "dims that are not its own": [
      5,
      class extends Base {
        override async eval(coordinates: Coordinates, options?: EvalOptions) {
          const out = await super.eval(coordinates, options);
          const time = coordinates.parts.filter(({ names }) => names.join() === "time");
          return out === options?.output || time.length === 0
            ? out
            : UnitsDataArray.create(
                Coordinates.of([...out.coordinates.parts, ...time], { crs: coordinates.crs }),
                1,
              ).with({ attrs: out.attrs });
        }
      },
    ],
    "an output that is not filled": [
      7,
      class extends Base {
        override async eval(coordinates: Coordinates, { output: _, ...options }: EvalOptions = {}) {
          return super.eval(coordinates, options);
        }
      },
    ],
    "values that depend on what else is asked": [
      8,
      class extends Base {
        override compute(coordinates: Coordinates) {
          return UnitsDataArray.create(coordinates, coordinates.size);
        }
      },
    ],
    "values that change with use": [
      8,
      class extends Base {
        override compute(coordinates: Coordinates) {
          return UnitsDataArray.create(coordinates, calls++);
        }
      },
    ],
    "inputs that are changed": [
      "inputs",
      class extends Algorithm {
        static override readonly type = "Mutating";
        static override readonly attributes = attributes;
        override compute(_: Coordinates, { inputs }: EvalContext) {
          const input = inputs["source"] as UnitsDataArray;
          const result = input.map((value) => value);
          input.toTypedArray().fill(7);
          return result;
        }
      },
    ],
  };

  it.each(Object.entries(broken))("%s", async (_, [rule, Type]) => {
    const { passed, broken: found } = await checkNode(new Type());
    expect(passed).toBe(false);
    expect(found.map((each) => each.rule)).toContain(rule);
  });
});
