import { InvalidOptionError, isZarrCacheError, UnsupportedError } from "../errors.ts";
import type { Key } from "../key.ts";
import { parseJson } from "./consolidated.ts";
import type { ReadDocument } from "./listing.ts";

/** Index ranges, one for each dimension: `[start, stop)`, or `null` for all of it. */
export type Region = readonly (readonly [start: number, stop: number] | null)[];

interface Grid {
  readonly shape: readonly number[];
  readonly chunks: readonly number[];
  readonly keyOf: (indices: readonly number[]) => string;
}

/** Keys that are made as they are asked for, since an array may have more chunks than there is memory. */
export interface CountedKeys extends Iterable<Key> {
  readonly count: number;
}

/**
 * The keys of the chunks (or whole shards) of an array that touch a region, metadata first, in C order.
 * Reads the array's metadata, v3 (`zarr.json`) or v2 (`.zarray`).
 */
export async function arrayKeys(read: ReadDocument, array: string, region?: Region): Promise<Key[]> {
  return [...(await countedArrayKeys(read, array, region))];
}

/** The same, one after the other. */
export async function countedArrayKeys(
  read: ReadDocument,
  array: string,
  region?: Region,
): Promise<CountedKeys> {
  const base = `/${array.replace(/^\/+|\/+$/g, "")}`;
  const at = (name: string): Key => (base === "/" ? `/${name}` : `${base}/${name}`) as Key;
  const v3 = await read(at("zarr.json"));
  const grid = v3 === undefined ? gridOfV2(await read(at(".zarray")), array) : gridOfV3(v3, array);
  const metadata = v3 === undefined ? [at(".zarray"), at(".zattrs")] : [at("zarr.json")];
  const ranges = chunkRanges(grid, region, array);
  return {
    count: ranges.reduce((product, [from, to]) => product * (to - from), 1) + metadata.length,
    *[Symbol.iterator]() {
      yield* metadata;
      for (const indices of product(ranges)) yield at(grid.keyOf(indices));
    },
  };
}

/** The same for all of an array; `undefined` where its metadata is not at hand, or does not tell. */
export async function arrayKeysIfTold(
  read: ReadDocument,
  array: string,
): Promise<readonly Key[] | undefined> {
  try {
    return await arrayKeys(read, array);
  } catch (error) {
    if (isZarrCacheError(error, "InvalidOptionError", "UnsupportedError")) return undefined;
    throw error;
  }
}

function gridOfV3(bytes: Uint8Array, array: string): Grid {
  const meta = parse(bytes, array) as {
    node_type?: string;
    shape?: number[];
    chunk_grid?: { name?: string; configuration?: { chunk_shape?: number[] } };
    chunk_key_encoding?: { name?: string; configuration?: { separator?: string } };
  };
  const chunks = meta.chunk_grid?.configuration?.chunk_shape;
  if (meta.node_type === "group")
    throw new UnsupportedError("warm()", `"${array}" is a group; name the arrays in it`);
  const grid = meta.chunk_grid?.name;
  if (grid !== undefined && grid !== "regular")
    throw new UnsupportedError("warm()", `"${array}" has the chunk grid "${grid}" and no regular one`);
  const v2 = meta.chunk_key_encoding?.name === "v2";
  const separator = meta.chunk_key_encoding?.configuration?.separator ?? (v2 ? "." : "/");
  return {
    ...checkedGrid(meta.shape, chunks, array),
    keyOf: (indices) => (v2 ? indices.join(separator) || "0" : ["c", ...indices].join(separator)),
  };
}

function gridOfV2(bytes: Uint8Array | undefined, array: string): Grid {
  if (bytes === undefined)
    throw new InvalidOptionError(
      "arrays",
      array,
      "paths of Zarr arrays: there is no zarr.json and no .zarray there",
    );
  const meta = parse(bytes, array) as { shape?: number[]; chunks?: number[]; dimension_separator?: string };
  return {
    ...checkedGrid(meta.shape, meta.chunks, array),
    keyOf: (indices) => indices.join(meta.dimension_separator ?? ".") || "0",
  };
}

/** The shape and the chunks of an array, where they fit each other. */
function checkedGrid(shape: unknown, chunks: unknown, array: string): Pick<Grid, "shape" | "chunks"> {
  const isGrid = isSizes(shape, 0) && isSizes(chunks, 1) && shape.length === chunks.length;
  if (isGrid) return { shape, chunks };
  const found = `shape ${JSON.stringify(shape)} and chunks ${JSON.stringify(chunks)}`;
  throw new InvalidOptionError(
    "arrays",
    array,
    `paths of Zarr arrays: the metadata there has ${found}, not one size for each dimension`,
  );
}

function isSizes(sizes: unknown, least: number): sizes is readonly number[] {
  return Array.isArray(sizes) && sizes.every((size) => Number.isSafeInteger(size) && size >= least);
}

function parse(bytes: Uint8Array, array: string): object {
  const document = parseJson(bytes);
  if (document !== undefined) return document;
  throw new InvalidOptionError(
    "arrays",
    array,
    "paths of Zarr arrays: the metadata there is no object of JSON",
  );
}

function chunkRanges({ shape, chunks }: Grid, region: Region | undefined, array: string): [number, number][] {
  if (region !== undefined && region.length !== shape.length)
    throw new InvalidOptionError(
      "region",
      region,
      `one [start, stop] or null for each dimension (${shape.length}) of "${array}"`,
    );
  return shape.map((size, d) => {
    const wanted: unknown = region?.[d] ?? [0, size];
    const [start, stop, more] = isSizes(wanted, 0) ? wanted : [];
    if (start === undefined || stop === undefined || more !== undefined || start > stop || stop > size)
      throw new InvalidOptionError(
        "region",
        region,
        `[start, stop] from 0 to ${size} in dimension ${d} of "${array}"`,
      );
    const chunk = chunks[d] as number;
    return start === stop ? [0, 0] : [Math.floor(start / chunk), Math.ceil(stop / chunk)];
  });
}

/** All places within the ranges, the last dimension running fastest. */
function* product(ranges: readonly [number, number][]): Iterable<readonly number[]> {
  const [first, ...others] = ranges;
  if (first === undefined) yield [];
  else
    for (let index = first[0]; index < first[1]; index++)
      for (const indices of product(others)) yield [index, ...indices];
}
