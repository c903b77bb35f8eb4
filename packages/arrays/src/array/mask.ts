import { broadcast } from "./broadcast.ts";
import type { Labelled } from "./labelled.ts";
import { eachRow, inOrder, sizeOf, stridesOf } from "./strided.ts";
import { unitsOfBands } from "./take.ts";

/** The values where a condition holds (neither 0 nor NaN), in the labels that it has as well; elsewhere `other`. */
export function masked(array: Labelled, condition: Labelled, other: number): Labelled {
  const both = broadcast(array, condition);
  const { left, right } = both;
  const size = sizeOf(both.shape);
  const data = left.data instanceof Float32Array ? new Float32Array(size) : new Float64Array(size);
  const strides = [stridesOf(both.shape), left.stride, right.stride];
  eachRow(both.shape, strides, [0, left.offset, right.offset], (length, starts, [so, sa, sb]) => {
    let [to, p, q] = starts as [number, number, number];
    for (let i = 0; i < length; i++, to += so as number, p += sa as number, q += sb as number) {
      const holds = right.data[q] as number;
      data[to] = holds !== 0 && !Number.isNaN(holds) ? (left.data[p] as number) : other;
    }
  });
  return {
    ...both,
    values: inOrder(data, both.shape),
    units: both.bands ? unitsOfBands(array.units, both.bands) : array.units,
  };
}
