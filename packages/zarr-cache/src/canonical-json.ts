import { InvalidOptionError } from "./errors.ts";

const ALLOWED =
  "JSON values, undefined, bigint, NaN and infinities, Date, Map, Set, ArrayBuffer, typed arrays, and objects with toJSON()";

/**
 * Writes a value as one text that is the same whenever the value is, by RFC 8785 (JSON Canonicalization Scheme): no
 * white space, properties in the order of their UTF-16 code units, numbers as ECMAScript writes them.
 *
 * What JSON does not know is written as no JSON could be, so that nothing else gives the same text: `NaN`, `-Infinity`,
 * `12n`, `undefined` in a list, `Date(2026-01-01T00:00:00.000Z)`, `Uint8Array(00ff)`, `Map([["a",1]])`, `Set([1])`,
 * `URL("https://…")` for an object with `toJSON()`. Properties that are `undefined` are left out, as JSON does. Maps and
 * sets keep their order, which is part of them. Everything else throws {@link InvalidOptionError} that names the place.
 */
export function canonicalJson(value: unknown, place = "value"): string {
  return write(value, place, []);
}

function write(value: unknown, place: string, above: readonly object[]): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return Object.is(value, -0) ? "0" : String(value);
    case "boolean":
    case "undefined":
      return String(value);
    case "bigint":
      return `${value}n`;
    case "object":
      return value === null ? "null" : writeObject(value, place, above);
    default:
      throw new InvalidOptionError(place, value, ALLOWED);
  }
}

function writeObject(value: object, place: string, above: readonly object[]): string {
  if (above.includes(value)) throw new InvalidOptionError(place, "a circle", ALLOWED);
  const inside = [...above, value];
  const list = (items: Iterable<unknown>): string =>
    `[${Array.from(items, (item, at) => write(item, `${place}[${at}]`, inside)).join()}]`;
  if (Array.isArray(value)) return list(value);
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw new InvalidOptionError(place, "an invalid Date", ALLOWED);
    return `Date(${value.toISOString()})`;
  }
  if (value instanceof Map) return `Map(${list(value)})`;
  if (value instanceof Set) return `Set(${list(value)})`;
  if (ArrayBuffer.isView(value))
    // A Buffer is a Uint8Array by its tag.
    return `${tagOf(value)}(${hex(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))})`;
  if (value instanceof ArrayBuffer) return `ArrayBuffer(${hex(new Uint8Array(value))})`;
  if ("toJSON" in value && typeof value.toJSON === "function")
    return `${value.constructor.name}(${write(value.toJSON(), place, inside)})`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (
    (prototype !== null && prototype !== Object.prototype) ||
    Object.getOwnPropertySymbols(value).length > 0
  )
    throw new InvalidOptionError(place, value, ALLOWED);
  const properties = Object.entries(value).filter(([, property]) => property !== undefined);
  // Without a comparison function, `sort` goes by UTF-16 code units, as RFC 8785 §3.2.3 asks.
  const names = new Map(properties);
  return `{${[...names.keys()]
    .sort()
    .map((name) => `${JSON.stringify(name)}:${write(names.get(name), `${place}.${name}`, inside)}`)
    .join()}}`;
}

function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}

function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}
