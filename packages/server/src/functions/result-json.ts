/**
 * Writes a function's result as JSON: bigints as numbers, or as texts where a number cannot hold them, bytes in base64,
 * other typed arrays and sets as lists, maps as objects; nothing, NaN and infinities as `null`.
 */
export function resultJson(result: unknown): string {
  // The holder has the value itself, and not what its toJSON made of it.
  const replace = function (this: Record<string, unknown>, name: string, value: unknown): unknown {
    return plain(this[name], value);
  };
  return JSON.stringify(result, replace) ?? "null";
}

function plain(value: unknown, converted: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (ArrayBuffer.isView(value) && Symbol.iterator in value) return Array.from(value as Iterable<unknown>);
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Set) return [...value];
  return converted;
}
