import { zeros } from "../array/dtype.ts";
import {
  eachRow,
  inOrder,
  type NumericData,
  type Strided,
  sizeOf,
  stridesOf,
  takeStrided,
} from "../array/strided.ts";
import { type Picks, picksSize } from "../coordinates/picks.ts";
import type { Decoder, StoredValues } from "./cf-decoding.ts";

/** The part of a zarrita array that is used. */
export interface ChunkedArray {
  readonly shape: readonly number[];
  readonly chunks: readonly number[];
  getChunk(chunk: number[], options?: { readonly signal?: AbortSignal }): Promise<RawChunk>;
}

/** The values of a chunk: typed arrays, or what gives them one after another. */
type ChunkData = StoredValues | Iterable<unknown>;

/** One decoded chunk. */
export interface RawChunk {
  readonly data: ChunkData;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
}

/** Copies what is picked of a chunk, decoded, to where it is picked in the result. */
export function decodeInto(
  result: Strided,
  target: readonly Picks[],
  chunk: RawChunk,
  source: readonly Picks[],
  decoder: Decoder,
): void {
  const raw = storedValues(chunk.data);
  if ([...source, ...target].some((picks) => picks instanceof Int32Array)) {
    scatter(result, target, { ...chunk, data: raw }, source, decoder);
    return;
  }
  const to = takeStrided(result, target);
  const from = evenView(chunk, source);
  eachRow(to.shape, [to.stride, from.stride], [to.offset, from.offset], (n, [o, p], [os, ps]) => {
    decoder.row(result.data, o as number, os as number, raw, p as number, ps as number, n);
  });
}

/** What is picked of a chunk, decoded: a view of the chunk where nothing has to be decoded. */
export function decodedBlock(
  chunk: RawChunk,
  source: readonly Picks[],
  decoder: Decoder,
  scratch: { data?: NumericData },
): Strided {
  const even = source.every((picks) => !(picks instanceof Int32Array));
  const shape = source.map(picksSize);
  if (decoder.identity && even) return { data: chunk.data as NumericData, shape, ...evenView(chunk, source) };
  const size = sizeOf(shape);
  if (!scratch.data || scratch.data.length < size) scratch.data = zeros(decoder.dtype, size);
  const block = { ...inOrder(scratch.data, shape) };
  decodeInto(
    block,
    shape.map((length) => ({ start: 0, step: 1, size: length })),
    chunk,
    source,
    decoder,
  );
  return block;
}

function evenView(
  chunk: RawChunk,
  source: readonly Picks[],
): { readonly stride: number[]; readonly offset: number } {
  const even = source as readonly { readonly start: number; readonly step: number }[];
  return {
    stride: chunk.stride.map((stride, at) => stride * (even[at]?.step ?? 1)),
    offset: chunk.stride.reduce((offset, stride, at) => offset + stride * (even[at]?.start ?? 0), 0),
  };
}

/** One value at a time, for positions that are listed. */
function scatter(
  result: Strided,
  target: readonly Picks[],
  chunk: { readonly data: StoredValues; readonly stride: readonly number[] },
  source: readonly Picks[],
  decoder: Decoder,
): void {
  const shape = source.map(picksSize);
  const offsets = (picks: readonly Picks[], stride: readonly number[]) =>
    picks.map((each, dim) =>
      Float64Array.from(
        { length: shape[dim] as number },
        (_, at) =>
          (each instanceof Int32Array ? (each[at] as number) : each.start + at * each.step) *
          (stride[dim] as number),
      ),
    );
  const [to, from] = [offsets(target, result.stride), offsets(source, chunk.stride)];
  const strides = stridesOf(shape);
  for (let index = 0; index < sizeOf(shape); index++) {
    let [o, p, rest] = [result.offset, 0, index];
    for (let dim = 0; dim < shape.length; dim++) {
      const at = Math.floor(rest / (strides[dim] as number));
      rest -= at * (strides[dim] as number);
      o += to[dim]?.[at] as number;
      p += from[dim]?.[at] as number;
    }
    decoder.row(result.data, o, 1, chunk.data, p, 1, 1);
  }
}

/** zarrita's own array of booleans is iterated; all others are indexed. */
function storedValues(data: ChunkData): StoredValues {
  return isIndexed(data) ? data : Array.from(data, Number);
}

function isIndexed(data: ChunkData): data is StoredValues {
  return ArrayBuffer.isView(data);
}

/** An empty block of the kind that the decoder gives. */
export function emptyBlock(decoder: Decoder, shape: readonly number[]): Strided {
  return inOrder(zeros(decoder.dtype, sizeOf(shape)), shape);
}
