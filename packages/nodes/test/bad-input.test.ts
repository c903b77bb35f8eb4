import { Coordinates } from "@zarr-cache/arrays";
import { describe, expect, it } from "vitest";
import {
  Arithmetic,
  Combine,
  Convolution,
  GroupReduce,
  Interpolate,
  Mask,
  type Node,
  OrderedCompositor,
  Reduce,
  Reproject,
  SelectCoordinates,
  TileCompositor,
} from "../src/index.ts";
import { grid, nested, source, src } from "./support/example.ts";

const NONE = Number.NaN;
const at = grid({ lat: [0, 1] });
const metres = (node: object = {}) => source([1, 2], { lat: [0, 1] }, { units: "m", node });
const kelvins = () => source([NONE, 4], { lat: [0, 1] }, { units: "K" });

describe("units that do not fit are a DimensionalityError that names both", () => {
  it.each<readonly [string, () => Node]>([
    ["the units that a source declares", () => metres({ units: "K" })],
    ["the units that an algorithm declares", () => new Interpolate({ source: metres(), units: "K" })],
    ["a sum", () => new Arithmetic({ eqn: "A + B", operands: { A: metres(), B: kelvins() } })],
    ["a comparison", () => new Arithmetic({ eqn: "A > B", operands: { A: metres(), B: kelvins() } })],
    [
      "a choice",
      () => new Arithmetic({ eqn: "where(1 > A / A, A, B)", operands: { A: metres(), B: kelvins() } }),
    ],
    ["sources of an ordered compositor", () => new OrderedCompositor({ sources: [kelvins(), metres()] })],
    ["tiles", () => new TileCompositor({ sources: [metres(), source([1], { lat: [2] }, { units: "K" })] })],
  ])("%s", async (_, make) => {
    const request = grid({ lat: [0, 1, 2] });
    await expect(make().eval(request)).rejects.toMatchObject({
      name: "DimensionalityError",
      message: expect.stringMatching(/"m".*"K"|"K".*"m"/),
    });
  });

  it("a product, a mask and bands have whatever units their inputs have", async () => {
    const both = { A: metres(), B: kelvins() };
    expect((await new Arithmetic({ eqn: "A * B", operands: both }).eval(at)).units).toBe("m K");
    const masked = new Mask({ source: metres(), mask: kelvins(), value: 4 });
    expect([nested(await masked.eval(at)), (await masked.eval(at)).units]).toEqual([[1, NONE], "m"]);
    expect((await new Combine({ sources: both }).eval(at)).units).toEqual({ A: "m", B: "K" });
  });
});

describe("coordinates that no source covers", () => {
  const far = { lat: [50, 51], lon: [100] };
  const fine = () => new Interpolate({ source: src(), interpolation: "bilinear" });
  const days = () =>
    source([1, 2, 3, 4], { lat: [0, 1], time: ["2018-01-01", "2018-02-01"] }, { units: "m" });

  it.each<readonly [string, () => Node]>([
    ["an interpolated source", () => src({ interpolation: "nearest" })],
    ["Interpolate", fine],
    ["OrderedCompositor", () => new OrderedCompositor({ sources: [src(), fine()] })],
    ["TileCompositor", () => new TileCompositor({ sources: [src()], interpolation: "linear" })],
    ["Arithmetic", () => new Arithmetic({ eqn: "2 * A", operands: { A: fine() } })],
    ["Mask", () => new Mask({ source: fine(), mask: fine() })],
    ["Combine", () => new Combine({ sources: { a: fine() } })],
    [
      "Convolution",
      () => new Convolution({ source: src(), kernel: [1], dims: ["lat"], interpolation: "nearest" }),
    ],
    ["Reproject", () => new Reproject({ source: fine(), coordinates: grid({ lat: [0, 1], lon: [10, 20] }) })],
  ])("are NaN in %s, with its unit, on a grid and along a stack", async (_, make) => {
    const onGrid = await make().eval(grid(far));
    expect([onGrid.shape.slice(0, 2), Array.from(onGrid.toTypedArray()), onGrid.units]).toEqual([
      [2, 1],
      [NONE, NONE],
      "m",
    ]);
    const along = await make().eval(Coordinates.points({ lat: [50, 51], lon: [100, 100] }));
    expect([along.shape[0], Array.from(along.toTypedArray())]).toEqual([2, [NONE, NONE]]);
  });

  it("are NaN where only some are beyond", async () => {
    const node = new OrderedCompositor({ sources: [src(), src()] });
    expect(nested(await node.eval(grid({ lat: [1, 50], lon: [10, 20] })))).toEqual([
      [3, 4],
      [NONE, NONE],
    ]);
    const reduced = new Reduce({ source: fine(), reduction: "mean", dims: ["lat"] });
    expect(nested(await reduced.eval(grid({ lon: [10, 100] })))).toEqual([1.5, NONE]);
    const month = new GroupReduce({ source: days(), groupby: "month", reduction: "sum" });
    const asked = grid({ lat: [0, 50], time: ["2031-02-02", "2031-03-03"] });
    expect(nested(await month.eval(asked))).toEqual([
      [2, NONE],
      [NONE, NONE],
    ]);
  });

  it("are empty in a raw source, which has only points of its own", async () => {
    const out = await src().eval(grid(far));
    expect([out.size, out.units, out.dims]).toEqual([0, "m", ["lat", "lon"]]);
    const fixed = new SelectCoordinates({ source: src(), coordinates: grid({ lat: [50] }) });
    expect((await fixed.eval(grid({ lon: [10] }))).size).toBe(0);
  });
});
