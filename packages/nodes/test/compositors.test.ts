import { Coordinates } from "@zarr-cache/arrays";
import { describe, expect, it } from "vitest";
import { Interpolate, OrderedCompositor, TileCompositor } from "../src/index.ts";
import { countingSource, grid, nested, source, src } from "./support/example.ts";

const NONE = Number.NaN;

describe("compositors", () => {
  it("stop, without evaluating more, as soon as they are full", async () => {
    const first = countingSource(["lat"], "first");
    const second = countingSource(["lat"], "second");
    const node = new OrderedCompositor({ sources: [first.node, second.node] });
    expect(nested(await node.eval(grid({ lat: [1, 2] })))).toEqual([1, 2]);
    expect([first.points(), second.points()]).toEqual([2, 0]);
  });

  it("let earlier sources win where they are finite", async () => {
    const first = source([1, Number.POSITIVE_INFINITY, NONE, Number.NEGATIVE_INFINITY], {
      lat: [0, 1, 2, 3],
    });
    const second = source([5, 6, 7, NONE], { lat: [0, 1, 2, 3] });
    const node = new OrderedCompositor({ sources: [first, second] });
    expect(nested(await node.eval(grid({ lat: [0, 1, 2, 3] })))).toEqual([1, 6, 7, NONE]);
    const probed = await node.probe(grid({ lat: 1 }));
    expect([probed.get("Array")?.active, probed.get("Array_1")?.active]).toEqual([false, true]);
  });

  it("take the values of a source that gives its own points where those are the ones that are asked for", async () => {
    const node = new OrderedCompositor({ sources: [src()] });
    const along = Coordinates.points({ lat: [0, 0.5, 1], lon: [10, 20, 30] });
    expect(nested(await node.eval(along))).toEqual([0, NONE, 5]);
  });

  it("merge tiles, and interpolate across their borders", async () => {
    const left = source([1, 2], { lon: [0, 1] }, { units: "m" });
    const right = source([0.003, 0.004], { lon: [2, 3] }, { units: "km" });
    const node = new TileCompositor({ sources: [left, right], interpolation: "linear" });
    const out = await node.eval(grid({ lon: [0.5, 1.5, 3] }));
    expect([nested(out), out.units]).toEqual([[1.5, 2.5, 4], "m"]);
  });

  it("12: a probe marks only the source that gave the value, and nothing below an inactive one", async () => {
    const one = (value: number) => source([value], { lat: [0] });
    const below = new Interpolate({ source: one(1) });
    const node = new OrderedCompositor({ sources: [one(NONE), one(2), below], style: { name: "best" } });
    const probed = await node.probe(grid({ lat: 0 }));
    expect([...probed].map(([address, { active, value, label }]) => [address, active, value, label])).toEqual(
      [
        ["Array", false, NONE, "ArraySource"],
        ["Array_1", true, 2, "ArraySource"],
        ["Array_2", false, 1, "ArraySource"],
        ["Interpolate", false, 1, "Interpolate"],
        ["OrderedCompositor", true, 2, "best"],
      ],
    );
    expect(probed.get("OrderedCompositor")?.inputs).toEqual({
      "sources[0]": "Array",
      "sources[1]": "Array_1",
      "sources[2]": "Interpolate",
    });
  });
});
