/** What canonical JSON can write: JSON, and numbers and dates that JSON has no form for. */
export type CanonicalValue =
  | null
  | boolean
  | number
  | string
  | Date
  | readonly CanonicalValue[]
  | { readonly [name: string]: CanonicalValue | undefined };

/**
 * Writes a value as RFC 8785 (JSON Canonicalization Scheme) does: members sorted by UTF-16 code units, numbers as
 * ECMAScript writes them, no white space. NaN and the infinities are written `{"$number":"NaN"}`, dates
 * `{"$instant":"2018-01-01T00:00:00.000Z"}`, and members that are undefined are left out.
 */
export function canonicalJson(value: CanonicalValue): string {
  if (typeof value === "number" && !Number.isFinite(value)) return `{"$number":"${value}"}`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (value instanceof Date) return `{"$instant":${JSON.stringify(value.toISOString())}}`;
  if (isList(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const members = Object.keys(value).sort();
  const written = members.flatMap((name) => {
    const member = value[name];
    return member === undefined ? [] : [`${JSON.stringify(name)}:${canonicalJson(member)}`];
  });
  return `{${written.join(",")}}`;
}

function isList(value: object): value is readonly CanonicalValue[] {
  return Array.isArray(value);
}
