import { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { describe, expect, it } from "vitest";
import {
  Algorithm,
  ArraySource,
  type AttributeDeclarations,
  type EvalContext,
  FunctionSource,
  Interpolate,
  Node,
  NodeRegistry,
  resource,
} from "../src/index.ts";
import { grid, nested, source, src } from "./support/example.ts";

const asked = grid({ lat: [0, 1], lon: [10, 20, 30] });

describe("rules of outputs", () => {
  it("0: the base class's own eval throws NotImplementedError", async () => {
    await expect(new Node().eval(asked)).rejects.toMatchObject({ name: "NotImplementedError" });
  });

  it("1: always a UnitsDataArray with units, and crs, style, params and provenance in attrs", async () => {
    class Scaled extends Algorithm<{ readonly source: Node }> {
      static override readonly type = "Scaled";
      static override readonly attributes: AttributeDeclarations = {
        source: { type: "node", help: "What is scaled" },
      };
      static override readonly params: AttributeDeclarations = {
        gain: { type: "number", default: 2, help: "By how much" },
      };
      override compute(_: Coordinates, { inputs, params }: EvalContext) {
        return (inputs["source"] as UnitsDataArray).mul(params["gain"] as number);
      }
    }
    const store = resource("versioned", () => new Float64Array(6).fill(3), {
      version: () => ({ validator: "v7" }),
    });
    const node = new Scaled({
      source: new FunctionSource({ fn: store, units: "m", dims: ["lat", "lon"] }),
      style: { name: "warm" },
      units: "km",
    });
    const timed = node.using({ now: () => Date.UTC(2018, 0, 1) });
    const out = await timed.eval(asked, { params: { Scaled: { gain: 5 } } });
    expect(out).toBeInstanceOf(UnitsDataArray);
    expect([out.units, nested(out)]).toEqual([
      "km",
      [
        [0.015, 0.015, 0.015],
        [0.015, 0.015, 0.015],
      ],
    ]);
    expect(out.attrs).toEqual({
      crs: "EPSG:4326",
      style: { name: "warm" },
      params: { gain: 5 },
      provenance: {
        definition: node.hash,
        sources: "v7",
        version: "0.1.0",
        time: "2018-01-01T00:00:00.000Z",
      },
    });
  });

  it("1: NaN where there is nothing, also in what cannot hold NaN by itself", async () => {
    const counts = new ArraySource({ data: new UnitsDataArray(Int16Array.of(7, 8), grid({ lat: [0, 1] })) });
    const node = new Interpolate({ source: counts });
    expect(nested(await node.eval(grid({ lat: [1, 9] })))).toEqual([8, NaN]);
  });

  it("2: dims in the order of the request, band last", async () => {
    const node = source([1, 2, 3, 4], { lat: [0, 1] }, { bands: ["r", "g"], dims: ["band", "lat"] });
    expect((await node.eval(grid({ lat: [0, 1] }))).dims).toEqual(["lat", "band"]);
    const both = new Interpolate({ source: src() });
    expect((await both.eval(grid({ lon: [10], lat: [0] }))).dims).toEqual(["lon", "lat"]);
  });

  it("3: an unstacked dimension missing from the request is an error", async () => {
    await expect(src().eval(grid({ lon: [10] }))).rejects.toThrow(
      'Dimension "lat" not present in requested coordinates with dims ["lon"]',
    );
  });

  it("4: a stacked dimension wholly missing is an error that names its dims", async () => {
    const node = source([1, 2], Coordinates.points({ lat: [0, 1], lon: [5, 6] }));
    await expect(node.eval(grid({ time: ["2018-01-01"] }))).rejects.toThrow(
      'Dimension "lat", "lon" not present',
    );
  });

  it("4: of a stacked dimension partly missing the missing part is dropped; where points have the same labels then, it is an error", async () => {
    const node = source([1, 2, 3], Coordinates.points({ lat: [0, 1, 2], lon: [5, 6, 5] }));
    const out = await node.eval(grid({ lat: [2, 0] }));
    expect([out.dims, nested(out)]).toEqual([["lat"], [3, 1]]);
    await expect(node.eval(grid({ lon: [5, 6] }))).rejects.toMatchObject({
      name: "CoordinateError",
      message: expect.stringMatching(
        /"lat" is needed: without it several points of "lat_lon" have the same lon/,
      ),
    });
  });

  it("5: unstacked request dims that the node does not have are left out", async () => {
    const request = grid({ time: ["2018-01-01", "2018-01-02"], lat: [0, 1], lon: [10, 20, 30] });
    expect((await src().eval(request)).dims).toEqual(["lat", "lon"]);
  });

  it("6: stacked request dims that the node does not have are added along the stack, and a foreign stack is left out", async () => {
    const node = source([7, 8], { lat: [0, 1] });
    const along = Coordinates.points({ lon: [1, 2, 3], lat: [1, 0, 1] });
    const out = await node.eval(along);
    expect([out.dims, nested(out), out.coordinates.equals(along)]).toEqual([["lon_lat"], [8, 7, 8], true]);
    const foreign = Coordinates.merge([
      grid({ lat: [0] }),
      Coordinates.points({ lon: [1, 2], time: ["2018-01-01", "2018-01-02"] }),
    ]);
    expect((await node.eval(foreign)).dims).toEqual(["lat"]);
  });

  it("6: also where the stack has several dimensions", async () => {
    const node = source([7, 8], { lat: [0, 1] });
    const field = Coordinates.points({
      lat: [
        [0, 1, 0],
        [1, 1, 0],
      ],
      lon: [
        [1, 2, 3],
        [4, 5, 6],
      ],
    });
    const out = await node.eval(field);
    expect([out.dims, nested(out)]).toEqual([
      ["lat_lon-1", "lat_lon-2"],
      [
        [7, 8, 7],
        [8, 8, 7],
      ],
    ]);
  });

  it("7: an output is filled in place and returned", async () => {
    const node = src();
    const output = node.createOutputArray(grid({ lon: [20, 30], lat: [1] }));
    expect([output.dims, output.units, nested(output)]).toEqual([["lon", "lat"], "m", [[NaN], [NaN]]]);
    expect(await node.eval(grid({ lon: [20, 30], lat: [1] }), { output })).toBe(output);
    expect(nested(output)).toEqual([[4], [5]]);
  });

  it.each([
    [
      "dims",
      UnitsDataArray.create(grid({ lat: [0, 1] }), 0, { units: "m" }),
      /dims lat; expected are lat, lon/,
    ],
    [
      "order",
      UnitsDataArray.create(asked.transpose(), 0, { units: "m" }),
      /dims lon, lat; expected are lat, lon/,
    ],
    [
      "labels",
      UnitsDataArray.create(grid({ lat: [0, 2], lon: [10, 20, 30] }), 0, { units: "m" }),
      /other labels/,
    ],
    [
      "CRS",
      UnitsDataArray.create(grid({ lat: [0, 1], lon: [10, 20, 30] }, { crs: "EPSG:3857" }), 0, {
        units: "m",
      }),
      /CRS EPSG:3857/,
    ],
    ["units", UnitsDataArray.create(asked, 0, { units: "K" }), /units "K"; expected are "m"/],
    [
      "bands",
      UnitsDataArray.create(asked, 0, { units: "m", bands: ["a"] }),
      /dims lat, lon, band; expected are lat, lon/,
    ],
  ])("7: an output of other %s is an error", async (_, output, message) => {
    await expect(src().eval(asked, { output })).rejects.toThrow(message);
  });

  it("8: a new, a used and a round-tripped node agree bit for bit, and points do not depend on one another", async () => {
    const labels = { lat: [0.1, 0.37, 0.9], lon: [11.3, 14.9, 20, 28.77] };
    const make = () => src({ interpolation: "linear" });
    const used = make();
    const whole = await used.eval(grid(labels));
    const registry = new NodeRegistry([ArraySource]);
    const back = Node.fromDefinition(make().definition("json"), registry);
    for (const node of [used, make(), back])
      expect(nested(await node.eval(grid(labels)))).toEqual(nested(whole));
    for (const [row, lat] of labels.lat.entries())
      for (const [column, lon] of labels.lon.entries()) {
        const alone = await used.eval(grid({ lat, lon }));
        expect(alone.item()).toBe((whole.toTypedArray() as Float64Array)[row * 4 + column]);
      }
    const stacked = await used.eval(Coordinates.points({ lat: labels.lat, lon: labels.lon.slice(0, 3) }));
    expect(Array.from(stacked.toTypedArray())).toEqual(
      [0, 1, 2].map((at) => whole.toTypedArray()[at * 4 + at]),
    );
  });
});
