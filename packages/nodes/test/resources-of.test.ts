import { expect, it } from "vitest";
import { Arithmetic, createRegistry, FunctionSource, resource, resourcesOf } from "../src/index.ts";

const registry = createRegistry();

it("tells which resources it asks for, also where it is unsound", () => {
  const fn = (name: string) => new FunctionSource({ fn: resource(name, () => []), dims: ["lat"] });
  const node = new Arithmetic({ eqn: "A + B + C", operands: { A: fn("one"), B: fn("two"), C: fn("one") } });
  expect(resourcesOf(node.definition(), registry)).toEqual(["one", "two"]);
  expect(resourcesOf(node.definition("json"), registry)).toEqual(["one", "two"]);
  const unsound = { A: { node: "FunctionSource", attrs: { fn: 3 } }, B: 1, C: { node: "Nothing" } };
  expect(resourcesOf(unsound as never, registry)).toEqual([]);
  expect(resourcesOf("{", registry)).toEqual([]);
});
