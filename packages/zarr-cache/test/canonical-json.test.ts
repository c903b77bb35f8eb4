import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../src/canonical-json.ts";

describe("canonical JSON", () => {
  it("writes the example of RFC 8785 §3.2.2 as §3.2.4 does", () => {
    const value = {
      numbers: [Number("333333333.33333329"), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it("sorts properties by UTF-16 code units, as the example of RFC 8785 §3.2.3", () => {
    const names = ["\u20ac", "\r", "\ufb33", "1", "\ud83d\ude00", "\u0080", "\u00f6"];
    const sorted = Object.keys(
      JSON.parse(canonicalJson(Object.fromEntries(names.map((name) => [`x${name}`, 0])))),
    );
    expect(sorted.map((name) => name.slice(1))).toEqual([
      "\r",
      "1",
      "\u0080",
      "\u00f6",
      "\u20ac",
      "\ud83d\ude00",
      "\ufb33",
    ]);
  });

  it("is JSON that reads back as the same value, whatever the order of the properties", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  it.each([
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "Infinity"],
    [Number.NEGATIVE_INFINITY, "-Infinity"],
    [-0, "0"],
    [12n, "12n"],
    [undefined, "undefined"],
    [[undefined, null], "[undefined,null]"],
    [{ a: undefined, b: 1 }, '{"b":1}'],
    [new Date(0), "Date(1970-01-01T00:00:00.000Z)"],
    [new Map([["a", 1]]), 'Map([["a",1]])'],
    [new Set([1, "1"]), 'Set([1,"1"])'],
    [Uint8Array.of(0, 255), "Uint8Array(00ff)"],
    [Buffer.from([0, 255]), "Uint8Array(00ff)"],
    [Int16Array.of(1), "Int16Array(0100)"],
    [Uint8Array.of(7).buffer, "ArrayBuffer(07)"],
    [new URL("https://a.example/"), 'URL("https://a.example/")'],
    [Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
  ])("writes %o as %s", (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it("gives no two values that differ the same text", () => {
    const values = [
      Number.NaN,
      "NaN",
      null,
      undefined,
      "null",
      1,
      1n,
      "1",
      true,
      "true",
      [],
      {},
      [[]],
      [null],
      new Date(0),
      "1970-01-01T00:00:00.000Z",
      new Map(),
      new Set(),
      Uint8Array.of(1),
      Int8Array.of(1),
      new Map([["a", 1]]),
      { a: 1 },
      { a: { b: 1 } },
      { "a.b": 1 },
    ];
    expect(new Set(values.map((value) => canonicalJson(value))).size).toBe(values.length);
  });

  it.each([
    [() => 1, "value"],
    [Symbol("a"), "value"],
    [[new Date(Number.NaN)], "value[0]"],
    [{ a: { b: new (class Thing {})() } }, "value.a.b"],
    [{ a: new WeakMap() }, "value.a"],
    [{ [Symbol("a")]: 1 }, "value"],
    [/a/, "value"],
  ])("rejects %o and says where it is", (value, place) => {
    expect(() => canonicalJson(value)).toThrow(`"${place}"`);
  });

  it("rejects circles, but not what is there twice", () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    expect(() => canonicalJson(circle)).toThrow('"value.self"');
    const twice = { a: 1 };
    expect(canonicalJson([twice, twice])).toBe('[{"a":1},{"a":1}]');
  });
});
