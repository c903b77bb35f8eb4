import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Coordinates, canonicalJson, UnitsDataArray } from "@zarr-cache/arrays";
import { describe, expect, it } from "vitest";
import {
  Arithmetic,
  ArraySource,
  type AttributeDeclarations,
  createRegistry,
  FunctionSource,
  Interpolate,
  Node,
  type NodeDefinition,
  OrderedCompositor,
  Pipeline,
  resource,
  TileCompositor,
  validateDefinition,
} from "../src/index.ts";
import { counting, grid, nested, source, src } from "./support/example.ts";

const registry = createRegistry();
const at = grid({ lat: [0, 1] });

const pipeline = (style?: unknown) =>
  new Arithmetic({
    eqn: "A + 2 * B",
    operands: { A: source([1, 2], { lat: [0, 1] }), B: source([Number.NaN, 4], { lat: [0, 1] }) },
    ...(style !== undefined && { style }),
  });

describe("definition", () => {
  it("15: names two unequal arrays Array and Array_1, survives JSON, and has one hash whatever style and version", async () => {
    const node = pipeline();
    expect(Object.keys(node.definition())).toEqual(["Array", "Array_1", "Arithmetic", "version"]);
    const back = Node.fromDefinition(node.definition("json"), registry);
    expect(back.definition()).toEqual(node.definition());
    expect(node.hash).toMatch(/^[0-9a-f]{64}$/);
    expect([back.hash, pipeline({ colour: "red" }).hash]).toEqual([node.hash, node.hash]);
    const older = { ...node.definition(), version: "0.0.1" };
    expect(Node.fromDefinition(older, registry).hash).toBe(node.hash);
    expect(nested(await back.eval(at))).toEqual(nested(await node.eval(at)));
  });

  it("lists equal nodes once, depth first, and inputs before what uses them", () => {
    const twice = new Arithmetic({
      eqn: "A + B",
      operands: { A: src(), B: new Interpolate({ source: src() }) },
    });
    expect(Object.keys(twice.definition())).toEqual(["Array", "Interpolate", "Arithmetic", "version"]);
    expect(twice.definition()["Arithmetic"]).toEqual({
      node: "Arithmetic",
      attrs: { eqn: "A + B" },
      inputs: { operands: { A: "Array", B: "Interpolate" } },
    });
  });

  it("comes as an object, as JSON, as a Pipeline and as HTML with a graph", async () => {
    const node = pipeline();
    expect([node.pipelineDict, node.pipelineJson]).toEqual([
      node.definition("dict"),
      node.definition("json"),
    ]);
    const whole = node.pipelineNode;
    expect(whole).toBeInstanceOf(Pipeline);
    expect([whole.hash, nested(await whole.eval(at))]).toEqual([node.hash, nested(await node.eval(at))]);
    expect(whole.definition("node")).toBe(whole);
    const rich = new OrderedCompositor({
      sources: [src(), new Interpolate({ source: src(), style: { name: "<b>" } })],
    }).pipelineRich;
    expect(rich).toContain('<pre class="mermaid">\nflowchart TD\n  Array["Array<br/>ArraySource"]\n');
    expect(rich).toContain("  Interpolate -->|sources[1]| OrderedCompositor");
    expect(rich).not.toContain("<b>");
    expect(() => node.definition("yaml" as never)).toThrow(/dict, json, node, rich/);
  });

  it("gives names to what JSON cannot hold, and never makes it from text", async () => {
    const { fn } = counting("heights");
    const node = new FunctionSource({ fn, dims: ["lat"] });
    expect(node.definition()["Function"]).toEqual({
      node: "FunctionSource",
      attrs: { fn: "heights", dims: ["lat"] },
    });
    expect(() => Node.fromDefinition(node.definition(), registry)).toThrow(
      /Function.attrs.fn: names the resource "heights", which is not known/,
    );
    const back = Node.fromDefinition(node.definition(), createRegistry().provide(fn));
    expect(nested(await back.eval(at))).toEqual([0, 1]);
  });

  it("may refer forwards, and name another output", async () => {
    const definition = {
      Interpolate: { node: "Interpolate", inputs: { source: "Array" } },
      Array: src().definition()["Array"] as NodeDefinition,
      output: "Interpolate",
    };
    expect(validateDefinition(definition, registry)).toEqual([]);
    expect(Node.fromDefinition(definition, registry).type).toBe("Interpolate");
    expect(Node.fromDefinition({ ...definition, output: "Array" }, registry).type).toBe("ArraySource");
  });
});

describe("attributes", () => {
  class Scale extends Node {
    static override readonly type = "Scale";
    static override readonly attributes: AttributeDeclarations = {
      source: { type: "node", default: src, help: "What is scaled" },
      factor: {
        type: "number",
        default: 2,
        help: "By how much",
        check: (value: number) => (value > 0 ? undefined : "must be > 0"),
      },
      tags: { type: "strings", optional: true, help: "Words" },
    };
    declare readonly factor: number;
    declare readonly tags: readonly string[] | undefined;
    override firstInit(attrs: Record<string, unknown>) {
      return { ...attrs, ...(attrs["half"] !== undefined && { factor: 0.5, half: undefined }) };
    }
    override init() {
      if (this.factor === 13) throw new RangeError("not thirteen");
    }
  }

  it("have types, defaults and default input nodes, and are frozen", () => {
    const tags = ["a"];
    const node = new Scale({ tags });
    tags.push("b");
    expect([node.factor, node.tags, node.inputs["source"]?.type]).toEqual([2, ["a"], "ArraySource"]);
    expect(() => Object.assign(node, { factor: 3 })).toThrow(TypeError);
    expect(() => (node.tags as string[]).push("c")).toThrow(TypeError);
    expect(Object.keys(node.definition())).toEqual(["Array", "Scale", "version"]);
    expect(new Scale({ factor: 2 }).hash).toBe(new Scale().hash);
  });

  it("go through firstInit, and are there for init", () => {
    expect(new Scale({ half: true }).factor).toBe(0.5);
    expect(() => new Scale({ factor: 13 })).toThrow("not thirteen");
  });

  it.each([
    [{ factor: "2" }, /"factor" must be a number, not "2"/],
    [{ factor: -1 }, /"factor" must be > 0/],
    [{ fctor: 1 }, /"fctor" is unknown; there are units, interpolation.*factor/],
    [{ source: 3 }, /"source" must be a node, not 3/],
    [{ interpolation: "cubic" }, /"interpolation" has the method "cubic"/],
  ])("%j is refused", (attrs, message) => {
    expect(() => new Scale(attrs as never)).toThrow(message);
    expect(() => new Scale(attrs as never)).toThrow(expect.objectContaining({ name: "AttributeError" }));
  });

  it("may not take the name of what every node has", () => {
    class Wrong extends Node {
      static override readonly attributes: AttributeDeclarations = {
        hash: { type: "string", default: "", help: "" },
      };
    }
    expect(() => new Wrong()).toThrow(/"hash"/);
  });
});

describe("findCoordinates", () => {
  const few = source([1, 2, 3], { lat: [0, 10, 100] });
  const many = source([1, 2, 3, 4, 5, 6, 7, 8], { lat: [0, 1, 2, 3], lon: [5, 6] });
  const node = new Arithmetic({ eqn: "A + B", operands: { A: few, B: new Interpolate({ source: many }) } });

  it("gives labels by dimension and node, those with most first", async () => {
    const found = await node.findCoordinates({ dims: ["lat_lon"] });
    expect([...found].map(([dim, each]) => [dim, [...each.keys()]])).toEqual([
      ["lat", ["Array_1", "Array"]],
      ["lon", ["Array_1"]],
    ]);
    expect(Array.from(found.get("lon")?.get("Array_1")?.get("lon") ?? [])).toEqual([5, 6]);
    expect(node.at("Array_1").nativeCoordinates?.dims).toEqual(["lat", "lon"]);
    expect(() => node.at("Array_7")).toThrow(/Array, Array_1, Interpolate, Arithmetic/);
  });

  it("by extent, within bounds, some of them, and down to other types", async () => {
    const addresses = async (options: Partial<Parameters<Node["findCoordinates"]>[0]>) => [
      ...((await node.findCoordinates({ dims: ["lat"], ...options })).get("lat")?.keys() ?? []),
    ];
    expect(await addresses({ sortby: "extents" })).toEqual(["Array", "Array_1"]);
    expect(await addresses({ bounds: { lat: [50, 200] } })).toEqual(["Array"]);
    expect(await addresses({ number: 1 })).toEqual(["Array_1"]);
    expect(await addresses({ number: -1 })).toEqual(["Array"]);
    expect(await addresses({ stopTypes: [Interpolate] })).toEqual(["Interpolate"]);
    await expect(addresses({ sortby: "name" as never })).rejects.toThrow(/sortby/);
  });

  it("ties go by the other measure, and a compositor stands for what is below it", async () => {
    const near = source([1, 2], { lat: [0, 1] });
    const far = source([1, 2], { lat: [0, 50] });
    const dense = source([1, 2, 3], { lat: [0, 25, 50] });
    const all = new Arithmetic({ eqn: "A + B + C", operands: { A: near, B: far, C: dense } });
    const addresses = async (root: Node, sortby: "size" | "extents") => [
      ...((await root.findCoordinates({ dims: ["lat"], sortby })).get("lat")?.keys() ?? []),
    ];
    expect(await addresses(all, "size")).toEqual(["Array_2", "Array_1", "Array"]);
    expect(await addresses(all, "extents")).toEqual(["Array_2", "Array_1", "Array"]);
    const tiles = new TileCompositor({ sources: [near, dense] });
    const above = new Arithmetic({ eqn: "T + B", operands: { T: tiles, B: far } });
    expect(await addresses(above, "size")).toEqual(["TileCompositor", "Array_2"]);
  });
});

it("hash is the SHA-256 of the canonical definition without version and style", () => {
  const node = pipeline({ colour: "red" });
  const { version: _version, ...nodes } = node.definition();
  const plain = Object.fromEntries(
    Object.entries(nodes).map(([name, each]) => {
      const { style: _style, ...rest } = Object(each);
      return [name, rest];
    }),
  );
  const text = canonicalJson(plain);
  expect(node.hash).toBe(createHash("sha256").update(text).digest("hex"));
  expect(text).not.toMatch(/red|version/);
});

it("tells the version of the package", () => {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  expect(src().definition()["version"]).toBe(version);
});

it("gives an array source the identity of its values", () => {
  const array = (value: number) =>
    new ArraySource({ data: new UnitsDataArray([value], Coordinates.grid({ lat: 0 })) });
  expect(array(1).hash).toBe(array(1).hash);
  expect(array(1).hash).not.toBe(array(2).hash);
  expect(resource("a", 1).name).toBe("a");
});
