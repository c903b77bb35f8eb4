import type { DecodedChunk } from "./zarr-array.ts";

interface Elements {
  readonly length: number;
  at(place: number): unknown;
}

/**
 * Whether a chunk holds nothing but the fill value: the face that zarrita gives to a chunk that is missing.
 * Leaves off at the first other value.
 */
export function isAllFill({ data }: DecodedChunk, fillValue: unknown): boolean {
  const { length, at } = elementsOf(data);
  if (length === 0) return false;
  const fill = asElement(data, fillValue);
  for (let place = 0; place < length; place++) if (!Object.is(at(place), fill)) return false;
  return true;
}

function elementsOf(data: unknown): Elements {
  if (isIndexed(data)) return { length: data.length, at: (place) => data[place] };
  const values = data as { readonly length: number; get(place: number): unknown };
  return { length: values.length, at: (place) => values.get(place) };
}

/** A plain array or a typed one; the others are classes of zarrita. */
function isIndexed(data: unknown): data is ArrayLike<unknown> {
  return Array.isArray(data) || (ArrayBuffer.isView(data) && !(data instanceof DataView));
}

/** The fill value as an array of this kind gives it back: rounded, wrapped, or in place of `null`. */
function asElement(data: unknown, fillValue: unknown): unknown {
  if (Array.isArray(data) || "chars" in (data as object)) return fillValue;
  if (!isIndexed(data)) return Boolean(fillValue);
  if (typeof data[0] === "bigint") return fillValue;
  const Class = data.constructor as new (values: readonly unknown[]) => ArrayLike<unknown>;
  return new Class([fillValue])[0];
}
