import fc from "fast-check";
import { expect, it } from "vitest";
import { readTypedJson, writeTypedJson } from "../../src/memo/typed-json.ts";

const back = (value: unknown) => readTypedJson(writeTypedJson(value));

it("gives back every value that is made of what it knows", () => {
  const bytes = fc.uint8Array({ maxLength: 40 });
  const leaf = fc.oneof(
    fc.jsonValue(),
    fc.date({ noInvalidDate: true }),
    fc.bigInt(),
    fc.double(),
    bytes,
    fc.float64Array({ maxLength: 5 }),
    fc.constant(undefined),
  );
  const value = fc.oneof(
    leaf,
    fc.array(leaf),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("$date", "$bytes", "$object", "__proto__")), leaf),
    fc.array(leaf).map((items) => new Set(items)),
    fc.array(fc.tuple(leaf, leaf)).map((pairs) => new Map(pairs)),
  );
  fc.assert(
    fc.property(value, (it) => {
      expect(back(it)).toEqual(it);
    }),
  );
});

it("writes what JSON can hold as plain JSON", () => {
  expect(writeTypedJson({ a: [1, "b", null, true], c: {} })).toBe('{"a":[1,"b",null,true],"c":{}}');
});

it.each([
  { $date: 1 },
  { $bigint: "1", a: 1 },
  { $own: [1n] },
  { $object: [["a", 1]] },
  { a: { $undefined: true } },
])("takes %o for what it is", (value) => {
  expect(back(value)).toEqual(value);
});

it("gives a Buffer back as a Uint8Array, an invalid date as one, and rows of classes as objects", () => {
  expect(back(Buffer.from("ab"))).toEqual(Uint8Array.of(97, 98));
  expect(back(new Date(Number.NaN))).toEqual(new Date(Number.NaN));
  expect(back([-0, Number.NaN, undefined])).toEqual([-0, Number.NaN, undefined]);
  class Row {
    readonly id = 1n;
  }
  expect(back([new Row()])).toEqual([{ id: 1n }]);
});

it.each([
  [{ a: [() => 1] }, "result.a[0]"],
  [Symbol("a"), "result"],
  [{ a: Promise.resolve(1) }, "result.a"],
  [new DataView(new ArrayBuffer(1)), "result"],
])("rejects %o and says where it is", (value, place) => {
  expect(() => writeTypedJson(value)).toThrow(`"${place}"`);
});

it("rejects circles", () => {
  const circle: unknown[] = [];
  circle.push(circle);
  expect(() => writeTypedJson(circle)).toThrow('"result[0]"');
});
