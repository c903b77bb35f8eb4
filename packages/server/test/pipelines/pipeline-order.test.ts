import { expect, it } from "vitest";
import { pipelineOrder } from "../../src/pipelines/pipeline-order.ts";

const order = (reads: Record<string, string[]>) => pipelineOrder(new Map(Object.entries(reads)));

it("puts each pipeline after those that it reads", () => {
  expect(order({ c: ["b", "a"], a: [], b: ["a"] })).toEqual(["a", "b", "c"]);
});

it("says which pipelines read each other in a circle", () => {
  expect(() => order({ z: ["a"], a: ["b"], b: ["c"], c: ["a"] })).toThrow(
    /stores\.a\.pipeline:\n {2}reads itself: a → b → c → a/,
  );
  expect(() => order({ a: ["a"] })).toThrow(/a → a/);
});
