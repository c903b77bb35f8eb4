import { sizeOf, stridesOf } from "@zarr-cache/arrays/parts";
import type { Weights } from "./weights.ts";

/** One part of a source: how far apart its values lie, and where along the request its weights are. */
export interface GatherPart {
  readonly stride: number;
  readonly weights: Weights;
  /** The parts of the request that the weights vary along, in C order. */
  readonly along: readonly number[];
}

/**
 * The values of a request, of source values that lie in C order with the bands last. Always the same operations in the
 * same order for a point, so that its value does not depend on what is asked beside it.
 */
export function gather(
  source: ArrayLike<number>,
  parts: readonly GatherPart[],
  shape: readonly number[],
  bands: number,
): Float64Array {
  const result = new Float64Array(sizeOf(shape) * bands);
  const isPlain = parts.every(({ weights }) => weights.share.every((share) => share === 0));
  const steps = parts.map(({ along }) => stepsOf(along, shape));
  const index = new Array<number>(shape.length).fill(0);
  const at = new Int32Array(parts.length);
  const last = shape.length - 1;
  for (let point = 0; point * bands < result.length; point++) {
    for (const [part, step] of steps.entries()) {
      let place = 0;
      for (let dim = 0; dim <= last; dim++) place += (index[dim] as number) * (step[dim] as number);
      at[part] = place;
    }
    if (isPlain) {
      const from = offsetOf(parts, at);
      for (let band = 0; band < bands; band++)
        result[point * bands + band] = from < 0 ? Number.NaN : (source[from + band] as number);
    } else
      for (let band = 0; band < bands; band++)
        result[point * bands + band] = blend(source, parts, at, 0, band);
    for (let dim = last; dim >= 0; dim--) {
      index[dim] = (index[dim] as number) + 1;
      if ((index[dim] as number) < (shape[dim] as number)) break;
      index[dim] = 0;
    }
  }
  return result;
}

function stepsOf(along: readonly number[], shape: readonly number[]): number[] {
  const own = stridesOf(along.map((part) => shape[part] as number));
  return shape.map((_, part) => (along.includes(part) ? (own[along.indexOf(part)] as number) : 0));
}

function offsetOf(parts: readonly GatherPart[], at: Int32Array): number {
  let offset = 0;
  for (let part = 0; part < parts.length; part++) {
    const { weights, stride } = parts[part] as GatherPart;
    const position = weights.lower[at[part] as number] as number;
    if (position < 0) return -1;
    offset += position * stride;
  }
  return offset;
}

/** Blends along one part what the parts after it give. */
function blend(
  source: ArrayLike<number>,
  parts: readonly GatherPart[],
  at: Int32Array,
  part: number,
  offset: number,
): number {
  const current = parts[part];
  if (!current) return source[offset] as number;
  const { weights, stride } = current;
  const place = at[part] as number;
  const lower = weights.lower[place] as number;
  if (lower < 0) return Number.NaN;
  const low = blend(source, parts, at, part + 1, offset + lower * stride);
  const share = weights.share[place] as number;
  if (share === 0) return low;
  const high = blend(source, parts, at, part + 1, offset + (weights.upper[place] as number) * stride);
  return low * (1 - share) + high * share;
}
