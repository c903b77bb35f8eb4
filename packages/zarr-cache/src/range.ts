import { InvalidRangeError } from "./errors.ts";

/** Bytes of a value: from an offset, or the last ones. The same shape as zarrita's `RangeQuery`. */
export type RangeQuery =
  | { readonly offset: number; readonly length: number }
  | { readonly suffixLength: number };

/** Throws {@link InvalidRangeError} unless the range is made of whole, finite, non-negative byte counts. */
export function assertRange(range: unknown): asserts range is RangeQuery {
  if (typeof range !== "object" || range === null) throw new InvalidRangeError(range);
  const { offset, length, suffixLength } = range as Record<string, unknown>;
  const whole = (n: unknown) => typeof n === "number" && Number.isSafeInteger(n) && n >= 0;
  if (
    suffixLength === undefined
      ? !(whole(offset) && whole(length))
      : !whole(suffixLength) || offset !== undefined
  )
    throw new InvalidRangeError(range);
}

/** Number of bytes a range asks for, before any clipping. */
export function rangeLength(range: RangeQuery): number {
  return "suffixLength" in range ? range.suffixLength : range.length;
}

/** Names a range within its key: `"8+16"` for an offset and a length, `"-16"` for a suffix. */
export function rangeId(range: RangeQuery): string {
  return "suffixLength" in range ? `-${range.suffixLength}` : `${range.offset}+${range.length}`;
}

/** The inverse of {@link rangeId}; an empty id is the whole value. */
export function parseRangeId(id: string): RangeQuery | undefined {
  if (id === "") return undefined;
  if (id.startsWith("-")) return { suffixLength: Number(id.slice(1)) };
  const plus = id.indexOf("+");
  return { offset: Number(id.slice(0, plus)), length: Number(id.slice(plus + 1)) };
}

/**
 * Places a range in a value of `size` bytes by the rules of RFC 9110 §14.1.2: clipped at the end, an over-long
 * suffix is the whole value. A range that begins behind the end is empty.
 */
export function placeRange(
  range: RangeQuery,
  size: number,
): { readonly start: number; readonly end: number } {
  if ("suffixLength" in range) return { start: Math.max(0, size - range.suffixLength), end: size };
  const start = Math.min(range.offset, size);
  return { start, end: Math.min(start + range.length, size) };
}

/** Copies a range out of a whole value; the copy owns its ArrayBuffer. */
export function sliceRange(value: Uint8Array, range: RangeQuery): Uint8Array {
  const { start, end } = placeRange(range, value.byteLength);
  return copyBytes(value, start, end);
}

/**
 * Copies bytes into a plain Uint8Array whose ArrayBuffer has exactly their length. (`Buffer.prototype.slice` would make
 * a view, and a copy by the species of a Buffer another Buffer, whose reader would fall into the same trap.)
 */
export function copyBytes(value: Uint8Array, start = 0, end: number = value.byteLength): Uint8Array {
  if (value.constructor === Uint8Array) return value.slice(start, end);
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice(start, end);
}
