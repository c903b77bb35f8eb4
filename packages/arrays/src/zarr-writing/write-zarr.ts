import { sizeOf } from "../array/strided.ts";
import type { UnitsDataArray } from "../array/units-data-array.ts";
import { assertKnown, ExportError, InvalidArgumentError } from "../errors.ts";
import type { StoredArray, ZarrFormat } from "./array-document.ts";
import { chunkBytes } from "./chunk-bytes.ts";
import { chunkGrid, chunkKey } from "./chunk-grid.ts";
import { coordinateVariables } from "./coordinate-arrays.ts";
import { documents2, documents3 } from "./group-documents.ts";
import { storedAttributes } from "./stored-attributes.ts";

/** A store that can be written: a `Map`, a zarrita store, a `CachedStore`. */
export interface WritableStore {
  set(key: `/${string}`, value: Uint8Array): unknown;
}

/** How arrays are written. */
export interface WriteOptions {
  /** The version of Zarr: 3 unless told. */
  readonly format?: ZarrFormat;
  /** The length of a chunk by dimension; without it the arrays are cut into chunks of at most 2 MB. */
  readonly chunks?: Readonly<Record<string, number>>;
  readonly compression?: "gzip" | "none";
  /** Attributes of the group. */
  readonly attrs?: Readonly<Record<string, unknown>>;
}

/**
 * Writes arrays with their labels as a Zarr group that zarrita, xarray and {@link Dataset.open} read: values in chunks,
 * instants as CF times, stacked labels as auxiliary coordinates, metadata consolidated and written last. Every array
 * needs a name. What the group held before is not removed.
 */
export async function writeZarr(
  store: WritableStore,
  path: string,
  arrays: UnitsDataArray | readonly UnitsDataArray[],
  options: WriteOptions = {},
): Promise<void> {
  assertKnown("options", options, ["format", "chunks", "compression", "attrs"]);
  const { format = 3, compression = "gzip", attrs = {} } = options;
  if (format !== 2 && format !== 3) throw new InvalidArgumentError("format", format, "2, 3");
  if (compression !== "gzip" && compression !== "none")
    throw new InvalidArgumentError("compression", compression, "gzip, none");
  const list = Array.isArray(arrays) ? (arrays as readonly UnitsDataArray[]) : [arrays as UnitsDataArray];
  const gzip = compression === "gzip";
  const stored: StoredArray[] = [
    ...coordinateVariables("Zarr", list).map((variable) => ({
      ...variable,
      chunks: variable.shape.map((size) => Math.max(1, size)),
      gzip,
    })),
    ...list.map((array) => storedArray(array, options.chunks, gzip)),
  ];
  const twice = stored.find(({ name }, at) => stored.findIndex((other) => other.name === name) !== at);
  if (twice) throw new ExportError("Zarr", `two arrays are named "${twice.name}"`);
  const base = `/${path.replace(/^\/+|\/+$/g, "")}`.replace(/\/$/, "");
  for (const array of stored)
    for (const chunk of chunkGrid(array)) {
      const key = chunkKey(chunk, format);
      await store.set(`${base}/${array.name}/${key}` as `/${string}`, await chunkBytes(array, chunk, format));
    }
  const documents = format === 3 ? documents3(stored, attrs) : documents2(stored, attrs);
  for (const [name, document] of documents)
    await store.set(`${base}/${name}` as `/${string}`, new TextEncoder().encode(JSON.stringify(document)));
}

function storedArray(array: UnitsDataArray, wanted: WriteOptions["chunks"], gzip: boolean): StoredArray {
  const { name, dims, shape } = array;
  if (!name || name.includes("/"))
    throw new ExportError("Zarr", `an array needs a name without "/": array.with({ name: "…" })`);
  for (const dim of Object.keys(wanted ?? {}))
    if (!dims.includes(dim))
      throw new InvalidArgumentError("chunks", wanted, `a length for ${dims.join(", ")}`);
  if (!Object.values(wanted ?? {}).every((length) => Number.isSafeInteger(length) && length >= 1))
    throw new InvalidArgumentError("chunks", wanted, "whole numbers ≥ 1");
  const data = array.toTypedArray();
  const attrs = storedAttributes(array);
  return {
    name,
    dims,
    shape,
    attrs,
    data,
    dtype: array.dtype,
    gzip,
    chunks: chunkShape(array, data.BYTES_PER_ELEMENT, wanted),
  };
}

/** Halves the longest dimensions until a chunk has at most 2 MB. */
function chunkShape(
  { dims, shape }: UnitsDataArray,
  bytes: number,
  wanted: WriteOptions["chunks"],
): number[] {
  const chunks = shape.map((size, at) => Math.max(1, wanted?.[dims[at] as string] ?? size));
  while (!wanted && sizeOf(chunks) * bytes > 2e6) {
    const longest = chunks.indexOf(Math.max(...chunks));
    chunks[longest] = Math.ceil((chunks[longest] as number) / 2);
  }
  return chunks;
}
