import { expect, it } from "vitest";
import { resultJson } from "../../src/functions/result-json.ts";

it.each<[string, unknown, unknown]>([
  ["plain values", { a: [1, "x", true, null] }, { a: [1, "x", true, null] }],
  ["nothing", undefined, null],
  ["what is no number", [Number.NaN, Number.POSITIVE_INFINITY], [null, null]],
  ["bigints", [1n, 2n ** 60n], [1, "1152921504606846976"]],
  ["dates", new Date(0), "1970-01-01T00:00:00.000Z"],
  ["bytes", { a: Uint8Array.of(1, 2), b: Buffer.from([3]) }, { a: "AQI=", b: "Aw==" }],
  ["typed arrays", Float32Array.of(0.5, Number.NaN), [0.5, null]],
  ["maps and sets", new Map<string, unknown>([["a", new Set([1, 2n])]]), { a: [1, 2] }],
])("writes %s", (_, result, expected) => {
  expect(JSON.parse(resultJson(result))).toEqual(expected);
});

it("says of a result that goes round in circles that it does", () => {
  const circle: Record<string, unknown> = {};
  circle["itself"] = circle;
  expect(() => resultJson(circle)).toThrow(/circular/);
});
