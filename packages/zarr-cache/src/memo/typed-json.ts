import { InvalidOptionError } from "../errors.ts";
import { fromBase64, toBase64 } from "./base64.ts";

const ALLOWED =
  "JSON values, undefined, bigint, Date, Map, Set, Uint8Array and other typed arrays; for anything else give a codec";

/** Typed arrays by name. A Buffer comes back as a Uint8Array. */
const TYPED_ARRAYS = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
} as const;

/**
 * Writes a value as JSON that keeps the types that JSON does not have: a `Date` as `{"$date":"…"}`, a bigint as
 * `{"$bigint":"…"}`, bytes as `{"$bytes":["Uint8Array","…"]}`, and so on. What plain JSON can hold is plain JSON.
 */
export function writeTypedJson(value: unknown): string {
  return JSON.stringify(tagged(value, "result", []));
}

/** Reads what {@link writeTypedJson} wrote. */
export function readTypedJson(text: string): unknown {
  return JSON.parse(text, (_, value: unknown) => {
    if (typeof value !== "object" || value === null) return value;
    // What was `undefined` has become a hole.
    if (Array.isArray(value)) return value.includes(undefined) ? Array.from(value) : value;
    const [only, ...others] = Object.keys(value);
    if (only === undefined || others.length > 0 || !only.startsWith("$")) return value;
    return untagged(only, (value as Record<string, unknown>)[only]);
  });
}

function tagged(value: unknown, place: string, above: readonly object[]): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $number: Object.is(value, -0) ? "-0" : String(value) };
    case "undefined":
      return { $undefined: true };
    case "bigint":
      return { $bigint: String(value) };
    case "object":
      return value === null ? value : taggedObject(value, place, above);
    default:
      throw new InvalidOptionError(place, value, ALLOWED);
  }
}

function taggedObject(value: object, place: string, above: readonly object[]): unknown {
  if (above.includes(value)) throw new InvalidOptionError(place, "a circle", ALLOWED);
  const inside = [...above, value];
  const list = (items: Iterable<unknown>) =>
    Array.from(items, (item, at) => tagged(item, `${place}[${at}]`, inside));
  if (Array.isArray(value)) return list(value);
  if (value instanceof Date) return { $date: value.getTime() };
  if (value instanceof Map) return { $map: list(value) };
  if (value instanceof Set) return { $set: list(value) };
  if (ArrayBuffer.isView(value)) {
    const name = Object.prototype.toString.call(value).slice("[object ".length, -1);
    if (!(name in TYPED_ARRAYS)) throw new InvalidOptionError(place, value, ALLOWED);
    return { $bytes: [name, toBase64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))] };
  }
  if ("toJSON" in value && typeof value.toJSON === "function") return tagged(value.toJSON(), place, inside);
  const properties = Object.entries(value).filter(([, property]) => property !== undefined);
  const prototype: unknown = Object.getPrototypeOf(value);
  // Rows of some database clients are instances that only have properties; what shows none is something else.
  if (properties.length === 0 && prototype !== null && prototype !== Object.prototype)
    throw new InvalidOptionError(place, value, ALLOWED);
  const pairs = properties.map(([name, property]) => [name, tagged(property, `${place}.${name}`, inside)]);
  return properties.some(([name]) => name.startsWith("$")) ? { $object: pairs } : Object.fromEntries(pairs);
}

function untagged(tag: string, content: unknown): unknown {
  switch (tag) {
    case "$number":
      return Number(content);
    case "$undefined":
      return undefined;
    case "$bigint":
      return BigInt(content as string);
    case "$date":
      return new Date((content as number | null) ?? Number.NaN);
    case "$map":
      return new Map(content as [unknown, unknown][]);
    case "$set":
      return new Set(content as unknown[]);
    case "$object":
      return Object.fromEntries(content as [string, unknown][]);
    case "$bytes": {
      const [name, text] = content as [keyof typeof TYPED_ARRAYS, string];
      const bytes = fromBase64(text);
      return new TYPED_ARRAYS[name](bytes.buffer as ArrayBuffer);
    }
    default:
      throw new SyntaxError(`${tag} is no tag of a typed JSON document`);
  }
}
