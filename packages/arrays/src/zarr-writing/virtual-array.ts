/**
 * An array whose chunks are made when they are asked for: its metadata, its coordinates, and the bytes of chunks, as
 * {@link writeZarr} would write them.
 */
import type { DType } from "../array/dtype.ts";
import { zeros } from "../array/dtype.ts";
import { BAND } from "../array/labelled.ts";
import type { NumericData } from "../array/strided.ts";
import type { Coordinates } from "../coordinates/coordinates.ts";
import { CoordinateError } from "../errors.ts";
import type { ArrayUnits } from "../units/band-units.ts";
import type { StoredArray, ZarrFormat } from "./array-document.ts";
import { chunkBytes } from "./chunk-bytes.ts";
import { chunkGrid, chunkKey } from "./chunk-grid.ts";
import { coordinateVariables } from "./coordinate-arrays.ts";
import { documents2, documents3 } from "./group-documents.ts";
import { storedAttributes } from "./stored-attributes.ts";

/** What is known of a virtual array. */
export interface VirtualArray {
  readonly name: string;
  readonly coordinates: Coordinates;
  /** They are the last dimension, and whole in every chunk. */
  readonly bands: readonly string[] | undefined;
  readonly units: ArrayUnits;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly dtype: DType;
  /** The length of a chunk in each dimension of the coordinates. */
  readonly chunks: readonly number[];
  readonly gzip: boolean;
}

/** Every key but those of chunks, with its value: metadata in these versions, and coordinates. */
export async function virtualKeys(
  array: VirtualArray,
  formats: readonly ZarrFormat[],
): Promise<Map<string, Uint8Array>> {
  const labels = coordinateVariables("Zarr", [array]).map((variable) => ({
    ...variable,
    chunks: variable.shape.map((size) => Math.max(1, size)),
    gzip: array.gzip,
  }));
  const stored = [...labels, storedArray(array)];
  const names = stored.map(({ name }) => name);
  if (new Set(names).size !== names.length)
    throw new CoordinateError(`The array cannot be named "${array.name}": it is a name of its dimensions`);
  const all = new Map<string, Uint8Array>();
  for (const format of formats) {
    for (const [name, document] of format === 3 ? documents3(stored, {}) : documents2(stored, {}))
      all.set(`/${name}`, new TextEncoder().encode(JSON.stringify(document)));
    for (const variable of labels)
      for (const chunk of chunkGrid(variable))
        all.set(`/${variable.name}/${chunkKey(chunk, format)}`, await chunkBytes(variable, chunk, format));
  }
  return all;
}

/** The keys of all chunks. */
export function* virtualChunkKeys(array: VirtualArray, formats: readonly ZarrFormat[]): Generator<string> {
  const stored = storedArray(array);
  for (const format of formats)
    for (const chunk of chunkGrid(stored)) yield `/${array.name}/${chunkKey(chunk, format)}`;
}

/** The chunk that a key names, if it is one of the array's in these versions. */
export function virtualChunk(
  array: VirtualArray,
  key: string,
  formats: readonly ZarrFormat[],
): { readonly format: ZarrFormat; readonly chunk: readonly number[] } | undefined {
  const { shape, chunks } = storedArray(array);
  const rest = key.startsWith(`/${array.name}/`) ? key.slice(array.name.length + 2) : "";
  for (const format of formats) {
    const digits = format === 3 ? rest.replace(/^c(\/|$)/, "") : rest;
    const isScalar = shape.length === 0 && rest === chunkKey([], format);
    const chunk = isScalar ? [] : digits.split(format === 3 ? "/" : ".").map(Number);
    if (rest !== chunkKey(chunk, format)) continue;
    const isThere = chunk.every(
      (at, dim) =>
        Number.isSafeInteger(at) && at >= 0 && at * (chunks[dim] as number) < (shape[dim] as number),
    );
    if (chunk.length === shape.length && isThere) return { format, chunk };
  }
  return undefined;
}

/** The bytes of a chunk, of its values within the array in C order. */
export function virtualChunkBytes(
  array: VirtualArray,
  chunk: readonly number[],
  values: ArrayLike<number>,
  format: ZarrFormat,
): Promise<Uint8Array<ArrayBuffer>> {
  const stored = storedArray(array);
  const shape = stored.chunks.map((length, dim) =>
    Math.min(length, (stored.shape[dim] as number) - (chunk[dim] as number) * length),
  );
  const data: NumericData = zeros(array.dtype, values.length);
  data.set(values);
  const first = chunk.map(() => 0);
  return chunkBytes({ ...stored, shape, data }, first, format);
}

function storedArray(array: VirtualArray): StoredArray {
  const { name, coordinates, bands, dtype, gzip, chunks } = array;
  return {
    name,
    dims: [...coordinates.dims, ...(bands ? [BAND] : [])],
    shape: [...coordinates.shape, ...(bands ? [bands.length] : [])],
    chunks: [...chunks, ...(bands ? [bands.length] : [])],
    attrs: storedAttributes(array),
    data: [],
    dtype,
    gzip,
  };
}
