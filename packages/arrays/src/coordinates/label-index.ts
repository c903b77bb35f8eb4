import type { Axis } from "./axis.ts";

/** The labels of an axis in ascending order, so that each is found by halving. NaN is left out. */
export interface LabelIndex {
  /** The positions of the labels from the least to the greatest, both included, in the order of the axis. */
  within(least: number, greatest: number): number[];
  /** The position of the label nearest to a value: of two as near the lower, of equal ones the first; -1 of none. */
  nearest(value: number): number;
}

const indexes = new WeakMap<Axis, LabelIndex>();

/** The index of an axis, made when it is first asked for. */
export function labelIndex(axis: Axis): LabelIndex {
  const index = indexes.get(axis) ?? makeIndex(axis.values);
  indexes.set(axis, index);
  return index;
}

function makeIndex(values: Float64Array): LabelIndex {
  const order = ascendingOrder(values);
  const label = (at: number) => values[order[at] as number] as number;
  /** The first place in the order whose label is ≥ `bound`, or > with `beyond`. */
  const place = (bound: number, beyond = false): number => {
    let [low, high] = [0, order.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (label(middle) < bound || (beyond && label(middle) === bound)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    within: (least, greatest) =>
      Array.from(order.subarray(place(least), place(greatest, true))).sort((a, b) => a - b),
    nearest(value) {
      if (!Number.isFinite(value) || order.length === 0) return -1;
      const above = place(value);
      if (above === 0) return order[0] as number;
      const lower = label(above - 1);
      const isLower = above === order.length || value - lower <= label(above) - value;
      return order[isLower ? place(lower) : above] as number;
    },
  };
}

/** The positions of all labels but NaN, from the least to the greatest; equal ones as they come. */
function ascendingOrder(values: Float64Array): Int32Array {
  const order = Int32Array.from(values.keys()).filter((at) => !Number.isNaN(values[at]));
  const isAscending = order.every(
    (at, each) => each === 0 || (values[order[each - 1] as number] as number) <= (values[at] as number),
  );
  return isAscending ? order : order.sort((a, b) => (values[a] as number) - (values[b] as number) || a - b);
}
