import { InvalidArgumentError } from "../errors.ts";
import { own } from "../own.ts";
import type { NumericData } from "./strided.ts";

/** The name of a kind of numbers, as Zarr and numpy write it. */
export type DType = "float64" | "float32" | "int32" | "uint32" | "int16" | "uint16" | "int8" | "uint8";

const CONSTRUCTORS: Readonly<Record<DType, new (size: number) => NumericData>> = {
  float64: Float64Array,
  float32: Float32Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
};

/** Every {@link DType}. */
export const DTYPES: readonly DType[] = Object.keys(CONSTRUCTORS) as DType[];

/** So many zeros of a kind. */
export function zeros(dtype: DType, size: number): NumericData {
  const Typed = own(CONSTRUCTORS, dtype);
  if (!Typed) throw new InvalidArgumentError("dtype", dtype, DTYPES.join(", "));
  return new Typed(size);
}

/** The kind that data are of. */
export function dtypeOf(data: NumericData): DType {
  return DTYPES.find((dtype) => data instanceof CONSTRUCTORS[dtype]) as DType;
}

/** Whether it is a typed array of a kind that arrays may hold. */
export function isNumericData(data: unknown): data is NumericData {
  return Object.values(CONSTRUCTORS).some((Typed) => data instanceof Typed);
}
