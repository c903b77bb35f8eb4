import { Coordinates, GroupCoordinates, type UnitsDataArray } from "@zarr-cache/arrays";
import { describe, expect, it } from "vitest";
import {
  Algorithm,
  Arithmetic,
  type AttributeDeclarations,
  type EvalContext,
  type LastEvaluation,
  type Node,
} from "../src/index.ts";
import { countingSource, grid, memoryStorage, nested, source, src, valuesAt } from "./support/example.ts";

const asked = grid({ lat: [0, 1], lon: [10, 20, 30] });

describe("eval", () => {
  it("of a group is an error that points to evalGroup, which gives a list", async () => {
    const group = new GroupCoordinates([grid({ lat: [0], lon: [10] }), grid({ lat: [1], lon: [30] })]);
    await expect(src().eval(group as never)).rejects.toThrow(/evalGroup/);
    expect((await src().evalGroup(group)).map((each) => each.item())).toEqual([0, 5]);
    await expect(src().evalGroup(asked as never)).rejects.toThrow(/GroupCoordinates/);
  });

  it("refuses options and parameters that are unknown or impossible, before anything is evaluated", async () => {
    const { node, asked: calls } = countingSource(["lat"]);
    const at = grid({ lat: [1] });
    await expect(node.eval(at, { methods: "serial" } as never)).rejects.toThrow(/options.methods/);
    await expect(node.eval(at, { method: "fast" as never })).rejects.toThrow(/"method"/);
    await expect(node.eval(at, { cache: "maybe" as never })).rejects.toThrow(/"cache"/);
    await expect(node.eval(at, { params: { Other: {} } })).rejects.toThrow(
      /no node "Other"; there are Function/,
    );
    await expect(node.eval(at, { params: { Function: { gain: 1 } } })).rejects.toThrow(/no parameter "gain"/);
    await expect(node.eval(at, { method: "remote" })).rejects.toThrow(/no evaluator for the method "remote"/);
    expect(calls).toEqual([]);
  });

  it("ends with its signal", async () => {
    await expect(src().eval(asked, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow(
      "enough",
    );
  });

  it("asks a source in its own CRS", async () => {
    const degrees = grid({ lat: [0, 45], lon: [0, 90] });
    const metres = degrees.transform("EPSG:3857");
    const node = source([1, 2, 3, 4], degrees, { node: { interpolation: "nearest" } });
    const out = await node.eval(metres);
    expect([nested(out), out.attrs["crs"]]).toEqual([
      [
        [1, 2],
        [3, 4],
      ],
      "EPSG:3857",
    ]);
    const bent = grid(
      { lat: [100_000, 200_000], lon: [500_000, 600_000] },
      { crs: "+proj=utm +zone=32 +datum=WGS84" },
    );
    const field = source([1, 2, 3, 4], { lat: [0, 2], lon: [8, 10] }, { node: { interpolation: "nearest" } });
    expect((await field.eval(bent)).dims).toEqual(["lat", "lon"]);
  });

  it("takes parameters that are validated before anything is evaluated, and says what they are for", async () => {
    const { node: inner, asked: calls } = countingSource(["lat"]);
    class Scaled extends Algorithm<{ readonly source: Node }> {
      static override readonly type = "Scaled";
      static override readonly attributes: AttributeDeclarations = {
        source: { type: "node", help: "What is scaled" },
      };
      static override readonly params: AttributeDeclarations = {
        gain: { type: "number", help: "By how much" },
        mode: { type: "string", default: "up", choices: ["up", "down"], help: "Which way" },
      };
      override compute(_: Coordinates, { inputs, params }: EvalContext) {
        const factor = params["mode"] === "up" ? Number(params["gain"]) : 1 / Number(params["gain"]);
        return (inputs["source"] as UnitsDataArray).mul(factor);
      }
    }
    const node = new Scaled({ source: inner });
    const at = grid({ lat: [4] });
    const scaled = async (params: object) =>
      (await node.eval(at, { params: { Scaled: { ...params } } })).item();
    await expect(scaled({})).rejects.toThrow("Scaled.gain is missing: By how much");
    await expect(scaled({ gain: "2" })).rejects.toThrow('Scaled.gain must be a number, not "2"');
    await expect(scaled({ gain: 2, mode: "x" })).rejects.toThrow('Scaled.mode is "x"; allowed: up, down');
    expect(calls).toEqual([]);
    expect([await scaled({ gain: 2 }), await scaled({ gain: 2, mode: "down" })]).toEqual([8, 2]);
  });

  it("remembers the last evaluation, whose output is read through the cache", async () => {
    const { node: inner, points } = countingSource(["lat"]);
    const cache = memoryStorage();
    const node = new Arithmetic({ eqn: "A * k", operands: { A: inner }, constants: { k: 2 } }).using({
      cache,
    });
    await node.eval(grid({ lat: [1, 2] }), { params: { Arithmetic: { k: 3 } } });
    expect(nested(await (node.last as LastEvaluation).output)).toEqual([3, 6]);
    expect(points()).toBe(2);
    await node.delCache("*");
    await inner.using({ cache }).delCache("*");
    expect(nested(await (node.last as LastEvaluation).output)).toEqual([3, 6]);
    expect(points()).toBe(4);
  });

  it("remembers the last evaluation", async () => {
    const node = src();
    expect(node.last).toBeUndefined();
    const out = await node.eval(asked);
    expect([node.last?.requested, node.last?.outputCoordinates.equals(out.coordinates)]).toEqual([
      asked,
      true,
    ]);
    expect(nested(await (node.last as NonNullable<typeof node.last>).output)).toEqual(nested(out));
  });

  it("carries values that are functions of labels along any stack", async () => {
    const { node } = countingSource();
    const request = Coordinates.points({ lat: [1, 2], time: ["2018-01-01", "2018-01-02"] });
    expect(nested(await node.eval(request))).toEqual(valuesAt(request, ([a = 0, b = 0]) => a + b));
  });
});
