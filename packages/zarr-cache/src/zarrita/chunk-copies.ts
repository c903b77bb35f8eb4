import type { DecodedChunk } from "./zarr-array.ts";

/** A typed array, or one of zarrita's classes around one (booleans, strings of fixed length). */
interface Buffered {
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly constructor: unknown;
  /** Characters of a string of fixed length. */
  readonly chars?: number;
}

type BufferClass = new (...args: readonly unknown[]) => unknown;

/** Bytes charged for a string of a plain array beside its characters: its header and its place in the array. */
const STRING_OVERHEAD = 32;

/** Bytes of memory that a chunk's data takes; `undefined` where nobody can tell, as for objects. */
export function sizeOfChunk({ data }: DecodedChunk): number | undefined {
  if (isBuffered(data)) return data.byteLength;
  if (!Array.isArray(data)) return undefined;
  let size = 0;
  for (const value of data) {
    if (typeof value !== "string") return undefined;
    size += 2 * value.length + STRING_OVERHEAD;
  }
  return size;
}

/** A chunk that shares no memory with another. */
export function copyChunk({ data, shape, stride }: DecodedChunk): DecodedChunk {
  return { data: copyData(data), shape: shape.slice(), stride: stride.slice() };
}

/** A chunk that keeps no memory alive but what its data needs. */
export function compactChunk(chunk: DecodedChunk): DecodedChunk {
  const { data } = chunk;
  return isBuffered(data) && data.buffer.byteLength !== data.byteLength ? copyChunk(chunk) : chunk;
}

function copyData(data: unknown): unknown {
  if (isBuffered(data)) {
    const { buffer, byteOffset, byteLength, chars } = data;
    const bytes = new Uint8Array(buffer, byteOffset, byteLength).slice().buffer;
    const Class = data.constructor as BufferClass;
    return chars === undefined ? new Class(bytes) : new Class(chars, bytes);
  }
  if (!Array.isArray(data)) return structuredClone(data);
  return data.map((value) => (typeof value === "object" ? structuredClone(value) : value));
}

function isBuffered(data: unknown): data is Buffered {
  return typeof data === "object" && data !== null && "buffer" in data && "byteLength" in data;
}
