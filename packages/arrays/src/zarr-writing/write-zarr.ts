import { sizeOf } from "../array/strided.ts";
import type { UnitsDataArray } from "../array/units-data-array.ts";
import { assertKnown, ExportError, InvalidArgumentError } from "../errors.ts";
import { BAND_UNITS, isPerBand } from "../units/band-units.ts";
import { document2, document3, type StoredArray, type ZarrFormat } from "./array-document.ts";
import { chunkBytes } from "./chunk-bytes.ts";
import { auxiliaryNames, coordinateVariables } from "./coordinate-arrays.ts";

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
      const key = format === 3 ? ["c", ...chunk].join("/") : chunk.length === 0 ? "0" : chunk.join(".");
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
  const data = array.toTypedArray();
  const auxiliary = auxiliaryNames(array);
  const { units, bands = [] } = array;
  const attrs = {
    ...array.attrs,
    ...(typeof units === "string" && { units }),
    ...(isPerBand(units) && { [BAND_UNITS]: bands.map((band) => units[band] ?? "1") }),
    ...(auxiliary.length > 0 && { coordinates: auxiliary.join(" ") }),
    crs: array.coordinates.crs,
  };
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
  if (!chunks.every(Number.isSafeInteger))
    throw new InvalidArgumentError("chunks", wanted, "whole numbers ≥ 1");
  while (!wanted && sizeOf(chunks) * bytes > 2e6) {
    const longest = chunks.indexOf(Math.max(...chunks));
    chunks[longest] = Math.ceil((chunks[longest] as number) / 2);
  }
  return chunks;
}

function* chunkGrid({ shape, chunks }: StoredArray): Generator<number[]> {
  const counts = shape.map((size, at) => Math.ceil(size / (chunks[at] as number)));
  for (let index = 0; index < sizeOf(counts); index++) {
    let rest = index;
    const chunk = new Array<number>(counts.length).fill(0);
    for (let at = counts.length - 1; at >= 0; at--) {
      chunk[at] = rest % (counts[at] as number);
      rest = Math.floor(rest / (counts[at] as number));
    }
    yield chunk;
  }
}

function documents3(arrays: readonly StoredArray[], attributes: object): [string, object][] {
  const all = arrays.map((array): [string, object] => [array.name, document3(array)]);
  const consolidated_metadata = { kind: "inline", must_understand: false, metadata: Object.fromEntries(all) };
  const group = { zarr_format: 3, node_type: "group", attributes, consolidated_metadata };
  return [
    ...all.map(([name, document]): [string, object] => [`${name}/zarr.json`, document]),
    ["zarr.json", group],
  ];
}

function documents2(arrays: readonly StoredArray[], attributes: object): [string, object][] {
  const all: [string, object][] = [
    [".zgroup", { zarr_format: 2 }],
    [".zattrs", attributes],
  ];
  for (const array of arrays) {
    all.push([`${array.name}/.zarray`, document2(array)]);
    all.push([`${array.name}/.zattrs`, { ...array.attrs, _ARRAY_DIMENSIONS: array.dims }]);
  }
  return [...all, [".zmetadata", { zarr_consolidated_format: 1, metadata: Object.fromEntries(all) }]];
}
