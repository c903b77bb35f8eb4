import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRegistry, Node, validateDefinition } from "../src/index.ts";
import { src } from "./support/example.ts";

const registry = createRegistry();

describe("validateDefinition lists", () => {
  const array = src().definition()["Array"] as object;
  const A = { Array: array };
  it.each([
    ["no object", 3, [["", /object/]]],
    ["text that is no JSON", "{", [["", /object/]]],
    ["empty", {}, [["", /empty/]]],
    ["no node", { A: {} }, [["A", /no "node"/]]],
    ["no object of a node", { A: 3 }, [["A", /object/]]],
    ["unknown type", { A: { node: "process.exit" } }, [["A.node", /not known; there are ArraySource/]]],
    ["a type named as a member of objects", { A: { node: "constructor" } }, [["A.node", /not known/]]],
    [
      "unknown reference",
      { ...A, I: { node: "Interpolate", inputs: { source: "B" } } },
      [["I.inputs.source", /"B", which is no node; there are Array, I/]],
    ],
    ["unexpected property", { A: { ...array, plugin: "x" } }, [["A.plugin", /unexpected/]]],
    [
      "unexpected attribute",
      { A: { ...array, attrs: { ...Object(array).attrs, __proto__x: 1 } } },
      [["A.attrs.__proto__x", /unexpected; ArraySource has .*data, nanValues/]],
    ],
    [
      "an input that is an attribute",
      { ...A, I: { node: "Interpolate", attrs: { source: "Array" } } },
      [
        ["I.attrs.source", /unexpected/],
        ["I.inputs.source", /missing/],
      ],
    ],
    [
      "wrong value",
      { ...A, I: { node: "Interpolate", inputs: { source: "Array" }, attrs: { interpolation: "cubic" } } },
      [["I.attrs.interpolation", /"cubic"; allowed: nearest/]],
    ],
    ["missing attribute", { A: { node: "ArraySource" } }, [["A.attrs.data", /missing/]]],
    [
      "data that are none",
      { A: { node: "ArraySource", attrs: { data: { data: 1 } } } },
      [["A.attrs.data", /UnitsDataArray/]],
    ],
    [
      "list for one reference",
      { ...A, I: { node: "Interpolate", inputs: { source: ["Array"] } } },
      [["I.inputs.source", /a reference/]],
    ],
    [
      "one for a list",
      { ...A, C: { node: "OrderedCompositor", inputs: { sources: "Array" } } },
      [["C.inputs.sources", /a list/]],
    ],
    [
      "circular",
      {
        I: { node: "Interpolate", inputs: { source: "J" } },
        J: { node: "Interpolate", inputs: { source: "I" } },
      },
      [["I", /circular: I → J → I/]],
    ],
    ["unknown output", { ...A, output: "B" }, [["output", /no node; there are Array/]]],
    [
      "everything at once",
      { A: { node: "X" }, B: { node: "Interpolate", extra: 1 } },
      [
        ["A.node", /./],
        ["B.extra", /./],
        ["B.inputs.source", /missing/],
      ],
    ],
  ] as const)("%s", (_, definition, expected) => {
    const problems = validateDefinition(definition, registry);
    expect(problems.map(({ path }) => path)).toEqual(expected.map(([path]) => path));
    for (const [index, [, message]] of expected.entries()) expect(problems[index]?.message).toMatch(message);
    expect(() => Node.fromDefinition(definition as never, registry)).toThrow(
      expect.objectContaining({ name: "DefinitionError" }),
    );
  });

  it("survives anything: never a crash, never evaluated code", () => {
    const word = fc.constantFrom(
      "Array",
      "Interpolate",
      "node",
      "attrs",
      "inputs",
      "source",
      "sources",
      "data",
      "eqn",
      "operands",
      "constants",
      "ArraySource",
      "OrderedCompositor",
      "Arithmetic",
      "constructor",
      "__proto__",
      "toString",
      "output",
      "version",
      "globalThis.hacked = true",
      "A);globalThis.hacked=1;(",
      "nearest",
      "interpolation",
      "coordinates",
      "windows",
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        word,
        fc.double(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("tree"), { maxLength: 3 }),
        fc.dictionary(word, tie("tree"), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(
        fc.oneof(
          tree,
          tree.map((each) => JSON.stringify(each)),
        ),
        (definition) => {
          const problems = validateDefinition(definition, registry);
          expect(Array.isArray(problems)).toBe(true);
          if (problems.length > 0)
            expect(() => Node.fromDefinition(definition as never, registry)).toThrow(
              expect.objectContaining({ name: "DefinitionError" }),
            );
          expect(Reflect.get(globalThis, "hacked")).toBeUndefined();
        },
      ),
      { numRuns: 2000 },
    );
  });
});
