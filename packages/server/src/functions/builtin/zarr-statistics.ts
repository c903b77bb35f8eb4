import { type AsyncReadable, type DataType, open, root, type Array as ZarrArray } from "zarrita";
import type { CachedItems } from "../cached-items.ts";
import { type ItemStatistics, shortened } from "./item-statistics.ts";
import { unreadable } from "./unreadable.ts";
import { CachedChunks, isMetadata } from "./zarr-chunks.ts";

/** Chunks in which values are counted. */
const MOST_CHUNKS = 256;
/** Values that a preview shows. */
const MOST_VALUES = 20;

/** Whether an array or group is cached under a path, by its metadata. */
export async function isZarr(cache: CachedItems, path: string): Promise<boolean> {
  for (const name of ["zarr.json", ".zarray", ".zgroup"]) if (await cache.has(`${path}/${name}`)) return true;
  return false;
}

/** Statistics of a Zarr array, from those of its chunks that are cached; of a group, the arrays that are cached below it. */
export async function zarrStatistics(cache: CachedItems, path: string): Promise<ItemStatistics> {
  const keys: string[] = [];
  let bytes = 0;
  for await (const item of cache.items(`${path}/`)) {
    keys.push(item.path.slice(path.length + 1));
    bytes += item.bytes;
  }
  try {
    const store: AsyncReadable = {
      get: (key) => cache.get(`${path}${key}`),
      getRange: (key, range) => cache.getRange(`${path}${key}`, range),
    };
    const node = await open(root(store));
    if (node.kind === "array") return await arrayStatistics(node, keys, bytes);
    const arrays = keys
      .filter((key) => key.includes("/") && isMetadata(key))
      .map((key) => key.slice(0, key.lastIndexOf("/")));
    const members = [...new Set(arrays)];
    return {
      format: "zarr-group",
      bytes,
      memory: 0,
      members,
      items: keys.length,
      preview: shortened(node.attrs),
    };
  } catch (error) {
    throw unreadable("Zarr", error);
  }
}

/** The values of a chunk. Some of zarrita's arrays are none of JavaScript's. */
type Items = { readonly length: number; readonly byteLength?: number } & (
  | ArrayLike<unknown>
  | { get(at: number): unknown }
);

async function arrayStatistics(
  array: ZarrArray<DataType>,
  keys: readonly string[],
  bytes: number,
): Promise<ItemStatistics> {
  const { shape, chunks, dtype, dimensionNames, attrs } = array;
  const cached = await CachedChunks.of(array, keys);
  const isNull = nullTest(array);
  let counted = 0;
  let values = 0;
  let nulls = 0;
  let width = 0;
  const preview: unknown[] = [];
  for (const place of cached.places()) {
    if (counted++ === MOST_CHUNKS) break;
    const chunk = await array.getChunk(place);
    const items: Items = chunk.data;
    if (items.byteLength !== undefined) width = items.byteLength / Math.max(1, items.length);
    for (const at of indexesInside(array, place, chunk)) {
      const value = "get" in items ? items.get(at) : items[at];
      if (counted === 1 && preview.length < MOST_VALUES) preview.push(value);
      if (isNull(value)) nulls++;
      values++;
    }
  }
  const cells = shape.reduce((product, length) => product * length, 1);
  return {
    format: "zarr-array",
    bytes,
    memory: cells * (width || widthOf(dtype)),
    type: dtype,
    shape,
    chunks,
    ...(dimensionNames !== undefined && { dimensions: dimensionNames }),
    cachedChunks: cached.count,
    allChunks: cached.all,
    counted: { chunks: Math.min(counted, MOST_CHUNKS), values, nulls },
    attributes: shortened(attrs),
    preview: { values: shortened(preview), of: "the first cached chunk" },
  };
}

/** Where the values of a chunk are that lie inside of its array: what is stored behind an edge is no data. */
function indexesInside(
  { shape, chunks }: ZarrArray<DataType>,
  place: readonly number[],
  { stride }: { readonly stride: readonly number[] },
): Iterable<number> {
  const lengths = shape.map((length, dim) => {
    const chunk = chunks[dim] as number;
    return Math.min(chunk, length - chunk * (place[dim] as number));
  });
  return indexes(lengths, stride, 0, 0);
}

function* indexes(
  lengths: readonly number[],
  stride: readonly number[],
  dim: number,
  from: number,
): Iterable<number> {
  const length = lengths[dim];
  if (length === undefined) yield from;
  else
    for (let at = 0; at < length; at++)
      yield* indexes(lengths, stride, dim + 1, from + at * (stride[dim] as number));
}

/** NaN, and what the metadata names as missing; a fill value of zero is data as often as not. */
function nullTest({ attrs, fillValue }: ZarrArray<DataType>): (value: unknown) => boolean {
  const named = [attrs["_FillValue"], attrs["missing_value"], fillValue || undefined].filter(
    (value) => value !== undefined && value !== null,
  );
  return (value) =>
    (typeof value === "number" && Number.isNaN(value)) || named.some((each) => each === value);
}

/** Bytes of a value, as the name of its type tells; 0 where it does not. */
function widthOf(dtype: string): number {
  const [, bits] = /^(?:u?int|float)(\d+)$/.exec(dtype) ?? [];
  return bits === undefined ? (dtype === "bool" ? 1 : 0) : Number(bits) / 8;
}
