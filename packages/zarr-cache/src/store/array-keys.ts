import { InvalidOptionError, UnsupportedError } from "../errors.ts";
import type { Key } from "../key.ts";
import type { ReadDocument } from "./listing.ts";

/** Index ranges, one for each dimension: `[start, stop)`, or `null` for all of it. */
export type Region = readonly (readonly [start: number, stop: number] | null)[];

interface Grid {
  readonly shape: readonly number[];
  readonly chunks: readonly number[];
  readonly keyOf: (indices: readonly number[]) => string;
}

/**
 * The keys of the chunks (or whole shards) of an array that touch a region, metadata first, in C order.
 * Reads the array's metadata, v3 (`zarr.json`) or v2 (`.zarray`).
 */
export async function arrayKeys(read: ReadDocument, array: string, region?: Region): Promise<Key[]> {
  const base = `/${array.replace(/^\/+|\/+$/g, "")}`;
  const at = (name: string): Key => (base === "/" ? `/${name}` : `${base}/${name}`) as Key;
  const v3 = await read(at("zarr.json"));
  const grid = v3 === undefined ? gridOfV2(await read(at(".zarray")), array) : gridOfV3(v3, array);
  const metadata = v3 === undefined ? [at(".zarray"), at(".zattrs")] : [at("zarr.json")];
  const ranges = chunkRanges(grid, region, array);
  return [...metadata, ...product(ranges).map((indices) => at(grid.keyOf(indices)))];
}

function gridOfV3(bytes: Uint8Array, array: string): Grid {
  const meta = parse(bytes, array) as {
    node_type?: string;
    shape: number[];
    chunk_grid?: { name?: string; configuration?: { chunk_shape?: number[] } };
    chunk_key_encoding?: { name?: string; configuration?: { separator?: string } };
  };
  const chunks = meta.chunk_grid?.configuration?.chunk_shape;
  if (meta.node_type !== "array" || meta.chunk_grid?.name !== "regular" || !Array.isArray(chunks))
    throw new UnsupportedError("warm()", `"${array}" is not a Zarr array with a regular chunk grid`);
  const v2 = meta.chunk_key_encoding?.name === "v2";
  const separator = meta.chunk_key_encoding?.configuration?.separator ?? (v2 ? "." : "/");
  return {
    shape: meta.shape,
    chunks,
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
  const meta = parse(bytes, array) as { shape: number[]; chunks: number[]; dimension_separator?: string };
  return {
    shape: meta.shape,
    chunks: meta.chunks,
    keyOf: (indices) => indices.join(meta.dimension_separator ?? ".") || "0",
  };
}

function parse(bytes: Uint8Array, array: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new InvalidOptionError("arrays", array, "paths of Zarr arrays: the metadata there is not JSON", {
      cause,
    });
  }
}

function chunkRanges({ shape, chunks }: Grid, region: Region | undefined, array: string): [number, number][] {
  if (region !== undefined && region.length !== shape.length)
    throw new InvalidOptionError(
      "region",
      region,
      `one [start, stop] or null for each of the ${shape.length} dimensions of "${array}"`,
    );
  return shape.map((size, d) => {
    const [start, stop] = region?.[d] ?? [0, size];
    if (
      !Number.isSafeInteger(start) ||
      !Number.isSafeInteger(stop) ||
      start < 0 ||
      stop > size ||
      start > stop
    )
      throw new InvalidOptionError(
        "region",
        region,
        `indices from 0 to ${size} in dimension ${d} of "${array}"`,
      );
    const chunk = chunks[d] as number;
    return start === stop ? [0, 0] : [Math.floor(start / chunk), Math.ceil(stop / chunk)];
  });
}

function product(ranges: readonly [number, number][]): number[][] {
  let all: number[][] = [[]];
  for (const [from, to] of ranges)
    all = all.flatMap((indices) => Array.from({ length: to - from }, (_, i) => [...indices, from + i]));
  return all;
}
