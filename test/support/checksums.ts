import { createHash } from "node:crypto";
import type { Chunk, DataType } from "zarrita";

/** What is known of the arrays of each store, as written down when the data were made: store → arrays → array. */
export interface Checksums {
  readonly [store: string]: { readonly arrays: { readonly [array: string]: ArrayFacts } };
}

export interface ArrayFacts {
  readonly shape: readonly number[];
  readonly dtype: string;
  /** Of the raw little-endian values in C order, as zarr-python sees them. */
  readonly sha256: string;
  /** Chunks of a regular grid, and how many of them are in the store. */
  readonly nchunks?: number;
  readonly stored_chunks?: number;
}

/** Hashes the values of a read as the checksums do. For the numeric types; the host is little-endian. */
export function hashValues(values: Pick<Chunk<DataType>, "data">): string {
  const { data } = values;
  if (!ArrayBuffer.isView(data)) throw new TypeError("Only numeric arrays have checksums");
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return createHash("sha256").update(bytes).digest("hex");
}
