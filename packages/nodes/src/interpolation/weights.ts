import { type Axis, simplifyAxis, UniformAxis } from "@zarr-cache/arrays/parts";
import type { DimensionMethod } from "./method.ts";

/**
 * Where each asked label lies among source positions: between `lower` and `upper`, `share` of the way. A share of 0 is
 * the lower position alone, and a lower position of -1 is none: the value is NaN.
 */
export interface Weights {
  readonly lower: Int32Array;
  readonly upper: Int32Array;
  readonly share: Float64Array;
}

/** Weights of nothing yet. */
export function emptyWeights(size: number): Weights {
  return {
    lower: new Int32Array(size).fill(-1),
    upper: new Int32Array(size).fill(-1),
    share: new Float64Array(size),
  };
}

/** Where labels lie on an axis. Each is looked up by itself on the full axis. */
export function weightsOn(axis: Axis, asked: Float64Array, { method, tolerance }: DimensionMethod): Weights {
  const weights = emptyWeights(asked.length);
  const sorted = sortedPositions(axis.values);
  const labels = Float64Array.from(sorted, (at) => axis.values[at] as number);
  if (labels.length === 0) return weights;
  const reach = reachBeyond(axis, tolerance);
  for (const [at, label] of asked.entries()) {
    if (Number.isNaN(label)) continue;
    const above = firstAtLeast(labels, label);
    if (labels[above] === label) weights.lower[at] = sorted[above] as number;
    else if (method === "linear") placeBetween(weights, at, label, above, labels, sorted);
    else if (method === "nearest")
      weights.lower[at] = nearestPosition(label, above, labels, sorted, reach, tolerance);
  }
  return weights;
}

function placeBetween(
  weights: Weights,
  at: number,
  label: number,
  above: number,
  labels: Float64Array,
  sorted: Int32Array,
): void {
  if (above === 0 || above === labels.length) return;
  const [low, high] = [labels[above - 1] as number, labels[above] as number];
  weights.lower[at] = sorted[above - 1] as number;
  weights.upper[at] = sorted[above] as number;
  weights.share[at] = (label - low) / (high - low);
}

function nearestPosition(
  label: number,
  above: number,
  labels: Float64Array,
  sorted: Int32Array,
  reach: number,
  tolerance: number | undefined,
): number {
  const below = firstAtLeast(labels, labels[above - 1] as number);
  const candidates = [...(above > 0 ? [below] : []), ...(above < labels.length ? [above] : [])];
  let [best, distance] = [-1, Number.POSITIVE_INFINITY];
  for (const each of candidates) {
    const [away, position] = [Math.abs((labels[each] as number) - label), sorted[each] as number];
    if (away < distance || (away === distance && position < best)) [best, distance] = [position, away];
  }
  const isOutside = above === 0 || above === labels.length;
  if (isOutside && distance > reach) return -1;
  return tolerance !== undefined && distance > tolerance ? -1 : best;
}

/** How far beyond its ends an axis reaches: half a cell where it is uniform, and as far as a tolerance says. */
function reachBeyond(axis: Axis, tolerance: number | undefined): number {
  if (tolerance !== undefined) return tolerance;
  if (axis.size < 2 || !(simplifyAxis(axis) instanceof UniformAxis)) return 0;
  const { values, size } = axis;
  return Math.abs((values[size - 1] as number) - (values[0] as number)) / (size - 1) / 2;
}

/** Positions by ascending label, of equal labels the lower first; those that are not a number are left out. */
function sortedPositions(values: Float64Array): Int32Array {
  const positions = Int32Array.from(values, (_, at) => at).filter((at) => !Number.isNaN(values[at]));
  return positions.sort((a, b) => (values[a] as number) - (values[b] as number) || a - b);
}

function firstAtLeast(labels: Float64Array, bound: number): number {
  let [low, high] = [0, labels.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((labels[middle] as number) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
