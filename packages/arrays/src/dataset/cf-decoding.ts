/**
 * How packed values become numbers (CF conventions, sections 2.5.1 and 8.1), with the types that xarray chooses: what has
 * no packing and no fill value stays as it is; a float stays one; integers of up to 16 bits become float32, unless there
 * is an offset and no fill value; other integers become float64. Fill values become NaN before unpacking.
 */
import type { DType } from "../array/dtype.ts";
import type { NumericData } from "../array/strided.ts";
import { DatasetError, shown } from "../errors.ts";
import { own } from "../own.ts";

type Attributes = Readonly<Record<string, unknown>>;

/** Values as they are stored: 64-bit integers are bigint. */
export type StoredValues = ArrayLike<number | bigint>;

/** Decodes the values of one array. */
export interface Decoder {
  readonly dtype: DType;
  /** Whether values stay as they are. */
  readonly identity: boolean;
  /** Decodes `n` values: `out[o + i * os] = decode(raw[p + i * ps])`. */
  row(out: NumericData, o: number, os: number, raw: StoredValues, p: number, ps: number, n: number): void;
}

/** What of an array's metadata bears on its values. */
export interface PackedArray {
  readonly name: string;
  readonly dtype: string;
  readonly attrs: Attributes;
  /** The fill value of the array's metadata, where it marks missing values. */
  readonly fillValue: unknown;
}

const PLAIN: Readonly<Record<string, DType>> = {
  bool: "uint8",
  int8: "int8",
  uint8: "uint8",
  int16: "int16",
  uint16: "uint16",
  int32: "int32",
  uint32: "uint32",
  int64: "float64",
  uint64: "float64",
  float16: "float32",
  float32: "float32",
  float64: "float64",
};

/** The attributes that are used up by decoding. */
export const PACKING_ATTRIBUTES: readonly string[] = [
  "scale_factor",
  "add_offset",
  "_FillValue",
  "missing_value",
  "_Unsigned",
];

/** Whether the values are numbers. */
export function isNumeric(dtype: string): boolean {
  return own(PLAIN, dtype) !== undefined;
}

/** The decoder of an array; corrupt packing attributes are an error that names array and attribute. */
export function decoderOf({ name, dtype, attrs, fillValue }: PackedArray): Decoder {
  const plain = own(PLAIN, dtype);
  if (!plain)
    throw new DatasetError(
      `Array "${name}" has values of type ${dtype}; arrays hold ${Object.keys(PLAIN).join(", ")}`,
    );
  const number = (attribute: string): number | undefined => {
    const value = attrs[attribute];
    const single = Array.isArray(value) && value.length === 1 ? value[0] : value;
    if (single === undefined) return undefined;
    const read = typeof single === "string" && single.trim() !== "" ? Number(single) : single;
    if (typeof read !== "number" || Number.isNaN(read))
      throw new DatasetError(`Array "${name}": attribute "${attribute}" is ${shown(value)}, not a number`);
    return read;
  };
  const scale = number("scale_factor");
  const offset = number("add_offset");
  const integer = /int|bool/.test(dtype);
  const wrap = wrapping(dtype, attrs["_Unsigned"]);
  const single = dtype === "float32" || dtype === "float16";
  const fills = [fillValue, attrs["_FillValue"], attrs["missing_value"]]
    .flat()
    .flatMap((value) => fillOf(name, value))
    .map((value) => (single ? Math.fround(value) : value) + wrap * (value < 0 ? 1 : 0));
  const masks =
    fillValue !== undefined || attrs["_FillValue"] !== undefined || attrs["missing_value"] !== undefined;
  const packed = scale !== undefined || offset !== undefined;
  const narrow = single || (integer && /^(u?int(8|16)|bool)$/.test(dtype) && (masks || offset === undefined));
  const result: DType =
    packed || (masks && integer) ? (narrow ? "float32" : "float64") : wrap > 0 ? unsigned(plain) : plain;
  const known = [...new Set(fills.filter((value) => !Number.isNaN(value)))];
  const identity =
    !packed &&
    known.length === 0 &&
    wrap === 0 &&
    result === plain &&
    !/64$/.test(dtype.replace("float64", "")) &&
    dtype !== "bool" &&
    dtype !== "float16";
  return {
    dtype: result,
    identity,
    row: rowOf({ known, scale, offset, wrap, single: result === "float32", identity }),
  };
}

function wrapping(dtype: string, marked: unknown): number {
  if (marked !== "true" && marked !== true) return 0;
  return { int8: 2 ** 8, int16: 2 ** 16, int32: 2 ** 32 }[dtype] ?? 0;
}

function unsigned(plain: DType): DType {
  return ({ int8: "uint8", int16: "uint16", int32: "uint32" } as const)[plain as "int8"] ?? plain;
}

/** Numbers of JSON, numpy's strings for what JSON lacks, and the Base64 that xarray writes for Zarr version 3. */
function fillOf(name: string, value: unknown): number[] {
  if (value === undefined || value === null) return [];
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean")
    return [Number(value)];
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return [Number(value)];
  if (typeof value === "string" && value.trim() !== "" && !Number.isNaN(Number(value)))
    return [Number(value)];
  if (typeof value === "string" && /^[A-Za-z0-9+/]{11}=$/.test(value)) {
    const bytes = Uint8Array.from(atob(value), (character) => character.charCodeAt(0));
    return [new DataView(bytes.buffer).getFloat64(0, true)];
  }
  throw new DatasetError(`Array "${name}": fill value ${shown(value)} is not a number`);
}

interface Steps {
  readonly known: readonly number[];
  readonly scale: number | undefined;
  readonly offset: number | undefined;
  /** What is added to negative values: those of unsigned integers that are stored as signed. */
  readonly wrap: number;
  readonly single: boolean;
  readonly identity: boolean;
}

function rowOf({ known, scale, offset, wrap, single, identity }: Steps): Decoder["row"] {
  if (identity)
    return (out, o, os, raw, p, ps, n) => {
      if (os === 1 && ps === 1 && ArrayBuffer.isView(raw))
        out.set((raw as NumericData).subarray(p, p + n), o);
      else for (let i = 0, to = o, from = p; i < n; i++, to += os, from += ps) out[to] = raw[from] as number;
    };
  if (wrap === 0 && known.length <= 1) {
    const fill = known[0] ?? Number.NaN;
    if (scale === undefined && offset === undefined)
      return (out, o, os, raw, p, ps, n) => {
        for (let i = 0, to = o, from = p; i < n; i++, to += os, from += ps) {
          const value = Number(raw[from]);
          out[to] = value === fill ? Number.NaN : value;
        }
      };
    const [factor, shift] = [scale ?? 1, offset ?? 0];
    return single ? singleRow(fill, Math.fround(factor), Math.fround(shift)) : doubleRow(fill, factor, shift);
  }
  // The same for several fill values, and for unsigned integers.
  const round = single ? Math.fround : (value: number) => value;
  const [factor, shift] = [round(scale ?? 1), round(offset ?? 0)];
  return (out, o, os, raw, p, ps, n) => {
    for (let i = 0, to = o, from = p; i < n; i++, to += os, from += ps) {
      const stored = Number(raw[from]);
      const value = stored < 0 ? stored + wrap : stored;
      out[to] = known.includes(value) ? Number.NaN : round(round(value * factor) + shift);
    }
  };
}

function doubleRow(fill: number, factor: number, shift: number): Decoder["row"] {
  return (out, o, os, raw, p, ps, n) => {
    for (let i = 0, to = o, from = p; i < n; i++, to += os, from += ps) {
      const value = Number(raw[from]);
      out[to] = value === fill ? Number.NaN : value * factor + shift;
    }
  };
}

/** Float32 is rounded after each step, as numpy rounds it. */
function singleRow(fill: number, factor: number, shift: number): Decoder["row"] {
  return (out, o, os, raw, p, ps, n) => {
    for (let i = 0, to = o, from = p; i < n; i++, to += os, from += ps) {
      const value = Number(raw[from]);
      out[to] = value === fill ? Number.NaN : Math.fround(Math.fround(value * factor) + shift);
    }
  };
}
