import type { DType } from "../array/dtype.ts";

/** The two versions of Zarr. */
export type ZarrFormat = 2 | 3;

/** An array to be written: what its metadata say, and its values. */
export interface StoredArray {
  readonly name: string;
  readonly dims: readonly string[];
  readonly shape: readonly number[];
  readonly chunks: readonly number[];
  readonly attrs: Readonly<Record<string, unknown>>;
  /** Numbers in C order, instants as whole numbers, or names. */
  readonly data: ArrayLike<number> | BigInt64Array<ArrayBuffer> | readonly string[];
  readonly dtype: DType | "int64" | "string";
  readonly gzip: boolean;
}

const NUMPY: Readonly<Record<DType | "int64", string>> = {
  float64: "<f8",
  float32: "<f4",
  int64: "<i8",
  int32: "<i4",
  uint32: "<u4",
  int16: "<i2",
  uint16: "<u2",
  int8: "|i1",
  uint8: "|u1",
};

/** How many characters the longest name has. */
export function widthOf(names: readonly string[]): number {
  return Math.max(1, ...names.map((name) => [...name].length));
}

/** `.zarray` of version 2. */
export function document2({ shape, chunks, dtype, data, gzip }: StoredArray): object {
  const isFloat = dtype.startsWith("float");
  return {
    zarr_format: 2,
    shape,
    chunks,
    dtype: dtype === "string" ? `<U${widthOf(data as readonly string[])}` : NUMPY[dtype],
    compressor: gzip ? { id: "gzip", level: 6 } : null,
    fill_value: isFloat ? "NaN" : null,
    order: "C",
    filters: null,
  };
}

/** `zarr.json` of version 3. */
export function document3({ shape, chunks, dtype, dims, attrs, gzip }: StoredArray): object {
  const isFloat = dtype.startsWith("float");
  const bytes =
    dtype === "string" ? { name: "vlen-utf8" } : { name: "bytes", configuration: { endian: "little" } };
  return {
    zarr_format: 3,
    node_type: "array",
    shape,
    data_type: dtype,
    chunk_grid: { name: "regular", configuration: { chunk_shape: chunks } },
    chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
    fill_value: isFloat ? "NaN" : dtype === "string" ? "" : 0,
    codecs: gzip ? [bytes, { name: "gzip", configuration: { level: 6 } }] : [bytes],
    attributes: attrs,
    dimension_names: dims,
    storage_transformers: [],
  };
}
