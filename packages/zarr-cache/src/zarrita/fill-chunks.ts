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
  if (Array.isArray(data) || ArrayBuffer.isView(data)) {
    const values = data as unknown as ArrayLike<unknown>;
    return { length: values.length, at: (place) => values[place] };
  }
  const values = data as { readonly length: number; get(place: number): unknown };
  return { length: values.length, at: (place) => values.get(place) };
}

/** The fill value as an array of this kind gives it back: rounded, wrapped, or in place of `null`. */
function asElement(data: unknown, fillValue: unknown): unknown {
  if (Array.isArray(data) || "chars" in (data as object)) return fillValue;
  if (!ArrayBuffer.isView(data)) return Boolean(fillValue);
  if (typeof (data as unknown as ArrayLike<unknown>)[0] === "bigint") return fillValue;
  const Class = data.constructor as new (values: readonly unknown[]) => ArrayLike<unknown>;
  return new Class([fillValue])[0];
}
