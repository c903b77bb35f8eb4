import { type Picks, pickAt, picksSize } from "../coordinates/picks.ts";

/** The kinds of numbers that an array may hold. */
export type NumericData =
  | Float64Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

/** Numbers with a shape: the value at `[i, j, …]` is `data[offset + i * stride[0] + j * stride[1] + …]`. */
export interface Strided<D extends NumericData = NumericData> {
  readonly data: D;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  readonly offset: number;
}

/** How many values a shape has. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** The strides of values in C order. */
export function stridesOf(shape: readonly number[]): number[] {
  const stride = new Array<number>(shape.length);
  let step = 1;
  for (let at = shape.length - 1; at >= 0; at--) {
    stride[at] = step;
    step *= shape[at] as number;
  }
  return stride;
}

/** Values that lie in C order from the first on. */
export function inOrder<D extends NumericData>(data: D, shape: readonly number[]): Strided<D> {
  return { data, shape, stride: stridesOf(shape), offset: 0 };
}

/** Whether the values are all of the data, in C order. */
export function isInOrder({ data, shape, stride, offset }: Strided): boolean {
  if (offset !== 0 || data.length !== sizeOf(shape)) return false;
  const expected = stridesOf(shape);
  return stride.every((step, at) => step === expected[at] || shape[at] === 1);
}

/** An empty array of the same kind of numbers. */
export function emptyLike<D extends NumericData>(data: D, size: number): D {
  return new (data.constructor as new (size: number) => D)(size);
}

/** The values in C order: the data themselves where they are so, else a copy. */
export function ordered<D extends NumericData>(values: Strided<D>): D {
  if (isInOrder(values)) return values.data;
  const { data } = values;
  const copy = emptyLike(data, sizeOf(values.shape));
  eachRow(
    values.shape,
    [stridesOf(values.shape), values.stride],
    [0, values.offset],
    (length, [to, from], [, step]) => {
      for (let at = 0, source = from as number; at < length; at++, source += step as number)
        copy[(to as number) + at] = data[source] as number;
    },
  );
  return copy;
}

/** The values at positions of each dimension: a view where all are evenly spaced, else a copy. */
export function takeStrided(values: Strided, picks: readonly Picks[]): Strided {
  const shape = picks.map(picksSize);
  if (picks.every((each) => !(each instanceof Int32Array))) {
    const even = picks as readonly { start: number; step: number }[];
    return {
      data: values.data,
      shape,
      stride: values.stride.map((stride, at) => stride * (even[at]?.step ?? 1)),
      offset: values.stride.reduce(
        (offset, stride, at) => offset + stride * (even[at]?.start ?? 0),
        values.offset,
      ),
    };
  }
  const copy = emptyLike(values.data, sizeOf(shape));
  const offsets = picks.map((each, dim) =>
    Float64Array.from(
      { length: picksSize(each) },
      (_, at) => pickAt(each, at) * (values.stride[dim] as number),
    ),
  );
  const index = new Array<number>(shape.length).fill(0);
  for (let at = 0; at < copy.length; at++) {
    let from = values.offset;
    for (let dim = 0; dim < shape.length; dim++) from += offsets[dim]?.[index[dim] as number] as number;
    copy[at] = values.data[from] as number;
    for (let dim = shape.length - 1; dim >= 0; dim--) {
      index[dim] = (index[dim] as number) + 1;
      if ((index[dim] as number) < (shape[dim] as number)) break;
      index[dim] = 0;
    }
  }
  return inOrder(copy, shape);
}

/** The same values with dimensions in another order. */
export function permute<D extends NumericData>(values: Strided<D>, order: readonly number[]): Strided<D> {
  return {
    data: values.data,
    shape: order.map((dim) => values.shape[dim] as number),
    stride: order.map((dim) => values.stride[dim] as number),
    offset: values.offset,
  };
}

/**
 * Walks several operands of one shape together, row by row: `visit` gets the length of the row, where it begins in each
 * operand and its step there. Dimensions that follow one another in every operand are walked as one. The two lists are
 * reused between calls.
 */
export function eachRow(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  offsets: readonly number[],
  visit: (length: number, starts: readonly number[], steps: readonly number[]) => void,
): void {
  if (sizeOf(shape) === 0) return;
  const { lengths, steps } = collapsed(shape, strides);
  const inner = lengths.length - 1;
  const rowLength = lengths[inner] ?? 1;
  const rowSteps = steps.map((each) => each[inner] ?? 0);
  const starts = [...offsets];
  const index = new Array<number>(Math.max(0, inner)).fill(0);
  for (;;) {
    visit(rowLength, starts, rowSteps);
    let dim = inner - 1;
    for (; dim >= 0; dim--) {
      const next = (index[dim] as number) + 1;
      const over = next === lengths[dim];
      index[dim] = over ? 0 : next;
      for (let at = 0; at < starts.length; at++)
        starts[at] = (starts[at] as number) + (steps[at]?.[dim] as number) * (over ? 1 - next : 1);
      if (!over) break;
    }
    if (dim < 0) return;
  }
}

function collapsed(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
): { readonly lengths: number[]; readonly steps: number[][] } {
  const lengths: number[] = [];
  const steps: number[][] = strides.map(() => []);
  for (const [dim, length] of shape.entries()) {
    if (length === 1) continue;
    const last = lengths.length - 1;
    const joins =
      last >= 0 && strides.every((each, at) => steps[at]?.[last] === (each[dim] as number) * length);
    if (joins) lengths[last] = (lengths[last] as number) * length;
    else lengths.push(length);
    for (const [at, each] of strides.entries()) {
      const own = steps[at] as number[];
      if (joins) own[last] = each[dim] as number;
      else own.push(each[dim] as number);
    }
  }
  return { lengths, steps };
}
