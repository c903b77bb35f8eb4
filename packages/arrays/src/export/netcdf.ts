/**
 * NetCDF classic with 64-bit offsets (CDF-2), written to the format's specification: no well-kept library writes it.
 * A header lists dimensions, attributes and variables, each with the offset of its values; the values follow, big-endian,
 * each variable padded to four bytes.
 */
import type { DType } from "../array/dtype.ts";
import type { UnitsDataArray } from "../array/units-data-array.ts";
import { ExportError } from "../errors.ts";
import { singleUnits } from "../units/band-units.ts";
import { auxiliaryNames, coordinateVariables } from "../zarr-writing/coordinate-arrays.ts";

const CHAR = 2;
const SIZES: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 8 };
/** The type of the format that holds each kind of numbers without loss. */
const TYPES: Readonly<Record<DType, number>> = {
  int8: 1,
  uint8: 3,
  int16: 3,
  uint16: 4,
  int32: 4,
  uint32: 6,
  float32: 5,
  float64: 6,
};

interface Variable {
  readonly name: string;
  readonly dims: readonly string[];
  readonly type: number;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly values: ArrayLike<number>;
}

/** Writes one array, or several over the same labels, as a NetCDF-3 file. Every array needs a name. */
export function toNetCDF(
  arrays: UnitsDataArray | readonly UnitsDataArray[],
  attrs: Readonly<Record<string, unknown>> = {},
): Uint8Array {
  const list = Array.isArray(arrays) ? (arrays as readonly UnitsDataArray[]) : [arrays as UnitsDataArray];
  const sizes = new Map<string, number>();
  const variables = [...coordinates(list, sizes), ...list.map((array) => dataVariable(array, sizes))];
  const twice = variables.find(({ name }, at) => variables.findIndex((other) => other.name === name) !== at);
  if (twice)
    throw new ExportError("NetCDF", `two variables are named "${twice.name}"; give an array another name`);
  const header = (offsets: readonly number[]) =>
    headerBytes(sizes, { Conventions: "CF-1.8", ...attrs }, variables, offsets);
  const length = header(variables.map(() => 0)).length;
  const offsets: number[] = [];
  let end = length;
  for (const variable of variables) {
    offsets.push(end);
    end += paddedSize(variable);
  }
  const file = new Uint8Array(end);
  file.set(header(offsets));
  for (const [at, variable] of variables.entries())
    writeValues(new DataView(file.buffer, offsets[at] as number), variable);
  return file;
}

function coordinates(arrays: readonly UnitsDataArray[], sizes: Map<string, number>): Variable[] {
  return coordinateVariables("NetCDF", arrays).map(({ name, dims, shape, attrs, data, dtype }) => {
    for (const [at, dim] of dims.entries()) sizes.set(dim, shape[at] as number);
    if (dtype !== "string")
      return { name, dims, type: 6, attrs, values: Float64Array.from(data as ArrayLike<number>, Number) };
    const encoded = (data as readonly string[]).map((text) => new TextEncoder().encode(text));
    const width = Math.max(1, ...encoded.map((each) => each.length));
    sizes.set(`${name}_length`, width);
    const values = new Uint8Array(width * encoded.length);
    for (const [at, each] of encoded.entries()) values.set(each, at * width);
    return { name, dims: [...dims, `${name}_length`], type: CHAR, attrs, values };
  });
}

function dataVariable(array: UnitsDataArray, sizes: Map<string, number>): Variable {
  const { name, dims, shape, dtype } = array;
  if (!name) throw new ExportError("NetCDF", `an array needs a name: array.with({ name: "…" })`);
  if (sizes.has(name) || array.coordinates.has(name))
    throw new ExportError("NetCDF", `"${name}" is the name of a dimension; give the array another`);
  for (const [at, dim] of dims.entries()) sizes.set(dim, shape[at] as number);
  const units = singleUnits(array.units, "toNetCDF");
  const auxiliary = auxiliaryNames(array);
  const attrs = {
    ...array.attrs,
    ...(units !== undefined && { units }),
    ...(auxiliary.length > 0 && { coordinates: auxiliary.join(" ") }),
    crs: array.coordinates.crs,
  };
  return { name, dims, type: TYPES[dtype], attrs, values: array.toTypedArray() };
}

function headerBytes(
  sizes: ReadonlyMap<string, number>,
  attrs: Readonly<Record<string, unknown>>,
  variables: readonly Variable[],
  offsets: readonly number[],
): Uint8Array {
  const bytes: number[] = [0x43, 0x44, 0x46, 2];
  const int = (value: number) =>
    bytes.push((value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
  const pad = () => {
    while (bytes.length % 4 !== 0) bytes.push(0);
  };
  const put = (each: Uint8Array) => {
    for (const byte of each) bytes.push(byte);
  };
  const text = (value: string) => {
    const encoded = new TextEncoder().encode(value);
    int(encoded.length);
    put(encoded);
    pad();
  };
  const listOf = (tag: number, count: number) => (count === 0 ? [0, 0] : [tag, count]).forEach(int);
  const attributes = (given: Readonly<Record<string, unknown>>) => {
    const kept = Object.entries(given).filter(([, value]) => value !== undefined && value !== null);
    listOf(12, kept.length);
    for (const [name, value] of kept) {
      text(name);
      const numbers = typeof value === "number" ? [value] : value;
      if (isNumbers(numbers)) {
        const view = new DataView(new ArrayBuffer(8 * numbers.length));
        for (const [at, each] of numbers.entries()) view.setFloat64(at * 8, each);
        int(6);
        int(numbers.length);
        put(new Uint8Array(view.buffer));
      } else {
        int(CHAR);
        text(typeof value === "string" ? value : (JSON.stringify(value) ?? String(value)));
      }
    }
  };
  int(0); // No record dimension, so no records.
  const names = [...sizes.keys()];
  listOf(10, names.length);
  for (const name of names) {
    text(name);
    int(sizes.get(name) as number);
  }
  attributes(attrs);
  listOf(11, variables.length);
  for (const [at, variable] of variables.entries()) {
    text(variable.name);
    int(variable.dims.length);
    for (const dim of variable.dims) int(names.indexOf(dim));
    attributes(variable.attrs);
    int(variable.type);
    int(Math.min(paddedSize(variable), 0xffffffff));
    int(Math.floor((offsets[at] as number) / 2 ** 32));
    int((offsets[at] as number) % 2 ** 32);
  }
  return Uint8Array.from(bytes);
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === "number");
}

function paddedSize({ type, values }: Variable): number {
  return Math.ceil((values.length * (SIZES[type] as number)) / 4) * 4;
}

function writeValues(view: DataView, { type, values }: Variable): void {
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number;
    if (type <= CHAR) view.setUint8(at, value);
    else if (type === 3) view.setInt16(at * 2, value);
    else if (type === 4) view.setInt32(at * 4, value);
    else if (type === 5) view.setFloat32(at * 4, value);
    else view.setFloat64(at * 8, value);
  }
}
