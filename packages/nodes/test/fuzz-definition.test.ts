import { UnitsDataArray } from "@zarr-cache/arrays";
import fc from "fast-check";
import { expect, it } from "vitest";
import { evaluationHandler } from "../src/evaluators/remote/index.ts";
import {
  Arithmetic,
  BUILT_IN_NODES,
  Combine,
  createRegistry,
  FunctionSource,
  isNodesError,
  Mask,
  Node,
  OrderedCompositor,
  Reduce,
  resource,
  validateDefinition,
} from "../src/index.ts";
import { counting, grid, src } from "./support/example.ts";

const { fn } = counting("wave");
const wave = new FunctionSource({ fn, dims: ["lat", "lon"], units: "m" });
const registry = createRegistry().provide(
  fn,
  resource("number", 3),
  resource("text", "globalThis.hacked = 1"),
);

/** A pipeline of many types, whose definition is what is spoilt. */
const SOUND = new Arithmetic({
  eqn: "A + where(B > 1, B, C) * k",
  operands: {
    A: new OrderedCompositor({ sources: [src({ nanValues: [5] }), wave], interpolation: "nearest" }),
    B: new Mask({ source: wave, mask: src({ interpolation: "bilinear" }), fill: 2 }),
    C: new Reduce({
      source: new Combine({ sources: { a: wave } }),
      reduction: "mean",
      dims: ["lat"],
      coordinates: grid({ lat: [1, 2] }),
    }),
  },
  constants: { k: 2 },
}).definition();

const asked = grid({ lat: [0, 0.5], lon: [10, 11] });

/** What may stand in the place of anything. */
const VALUES = fc.oneof(
  fc.constantFrom<unknown>(
    ...[
      "Array",
      "Function",
      "Reduce",
      "wave",
      "number",
      "text",
      "nearest",
      "mean",
      "lat",
      "NaN",
      "2018-01-01",
    ],
    ...["constructor", "__proto__", "toString", "process.exit(1)", "A);globalThis.hacked=1;(", ""],
    ...BUILT_IN_NODES.map(({ type }) => type),
    ...[0, -1, 0.5, 1e308, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, null, true, [], {}, [[]], [null]],
    ...[{ __proto__x: 1 }, { constructor: { prototype: {} } }, [["Array"]], { a: "Array" }, { lat: [] }],
    ...[
      { crs: "EPSG:4326", coordinates: [{ name: "lat" }] },
      { crs: 7, coordinates: [null, { stack: ["lat"] }] },
    ],
  ),
  fc.jsonValue({ maxDepth: 3 }),
);

/** Every place in a value, as a path. */
function placesOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, each]) => placesOf(each, [...path, name]))];
}

/** A copy with something else at a place, with a member more there, or without it. */
function spoilt(value: unknown, [name, ...rest]: readonly string[], how: Spoiling): unknown {
  if (name === undefined) return how.kind === "add" ? { ...Object(value), [how.name]: how.value } : how.value;
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [...value] : { ...Object(value) };
  if (rest.length === 0 && how.kind === "drop") Reflect.deleteProperty(copy, name);
  else Reflect.set(copy, name, spoilt(Reflect.get(copy, name), rest, how));
  return copy;
}

interface Spoiling {
  readonly kind: "replace" | "add" | "drop";
  readonly name: string;
  readonly value: unknown;
}

const spoiling = (sound: unknown) =>
  fc
    .array(
      fc.record({
        place: fc.constantFrom(...placesOf(sound).slice(1)),
        how: fc.record<Spoiling>({
          kind: fc.constantFrom("replace", "replace", "add", "drop"),
          name: fc.constantFrom("__proto__", "constructor", "A", "source", "extra", "node", "0"),
          value: VALUES,
        }),
      }),
      { minLength: 1, maxLength: 3 },
    )
    .map((all) => all.reduce<unknown>((value, { place, how }) => spoilt(value, place, how), sound))
    .map((value): unknown => JSON.parse(JSON.stringify(value)));

const isHacked = () => Reflect.get(globalThis, "hacked") !== undefined || "polluted" in {};

it("a definition in which anything is something else is refused with all that is wrong, or evaluated as any other", async () => {
  let [refused, evaluated] = [0, 0];
  const property = fc.asyncProperty(spoiling(SOUND), async (definition) => {
    const problems = validateDefinition(definition, registry);
    let node: Node;
    try {
      node = Node.fromDefinition(definition as never, registry);
    } catch (error) {
      refused += 1;
      expect(isNodesError(error, "DefinitionError")).toBe(true);
      return;
    }
    expect(problems).toEqual([]);
    evaluated += 1;
    expect(Node.fromDefinition(node.definition("json"), registry).hash).toBe(node.hash);
    const answer = await node.eval(asked).catch((error: unknown) => error);
    expect(answer instanceof UnitsDataArray || answer instanceof Error).toBe(true);
    expect(isHacked()).toBe(false);
  });
  await fc.assert(property, { numRuns: 800 });
  expect(refused).toBeGreaterThan(100);
  expect(evaluated).toBeGreaterThan(10);
});

it("a request in which anything but the definition is something else is never the server's fault", async () => {
  const handler = evaluationHandler({ registry, allow: () => true });
  const sound = { coordinates: asked.definition, params: { Arithmetic: { k: 2 } }, cache: "use" };
  const ask = async (request: object) => {
    const body = JSON.stringify({ ...request, definition: SOUND });
    return (await handler(new Request("http://server.example/", { method: "POST", body }))).status;
  };
  expect(await ask(sound)).toBe(200);
  const seen = new Set<number>();
  const property = fc.asyncProperty(spoiling(sound), async (request) => {
    const status = await ask(Object(request));
    seen.add(status);
    expect([200, 400, 413]).toContain(status);
    expect(isHacked()).toBe(false);
  });
  await fc.assert(property, { numRuns: 300 });
  expect([...seen].sort()).toEqual(expect.arrayContaining([200, 400]));
});
