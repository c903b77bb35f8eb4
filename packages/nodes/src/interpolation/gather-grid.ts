import { sizeOf } from "@zarr-cache/arrays/parts";
import type { GatherPart } from "./gather.ts";
import type { Weights } from "./weights.ts";

/** Whether each part of the source goes along one part of the request, and no two along the same. */
export function isGrid(parts: readonly GatherPart[], shape: readonly number[]): boolean {
  const along = parts.map((part) => part.along[0]);
  return (
    parts.length === shape.length &&
    parts.every((part) => part.along.length === 1) &&
    new Set(along).size === along.length
  );
}

/**
 * {@link gather} for a grid: one part after another, the last first, row by row. Each value comes from the same operations in
 * the same order as there. The dimensions of the result are in the order of the source.
 */
export function gatherGrid(
  source: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>,
  parts: readonly GatherPart[],
  lengths: readonly number[],
  bands: number,
): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> {
  const isPlain = parts.every(({ weights }) => weights.share.every((share) => share === 0));
  const sizes = [...lengths];
  const changing = parts.flatMap(({ weights }, at) =>
    isIdentity(weights, lengths[at] as number) ? [] : [{ weights, at }],
  );
  let values = source;
  for (const [turn, { weights, at }] of changing.reverse().entries()) {
    const outer = sizeOf(sizes.slice(0, at));
    const inner = sizeOf(sizes.slice(at + 1)) * bands;
    const size = outer * weights.lower.length * inner;
    // What is blended is blended in float64, and rounded once, where the last part is written.
    const isLast = turn === changing.length - 1;
    const isWide = source instanceof Float64Array || !(isPlain || isLast);
    const result = !isWide ? new Float32Array(size) : isLast ? new Float64Array(size) : between(size, turn);
    const length = sizes[at] as number;
    if (inner === 1) alongLastPart(values, result, weights, outer, length);
    else alongPart(values, result, weights, outer, length, inner);
    sizes[at] = weights.lower.length;
    values = result;
  }
  return values;
}

/** So many values of a step are kept at most. */
const MOST_KEPT = 2 ** 20;

/** Memory of this thread for the values between two steps, one to read and one to write, used again by the next who interpolates. */
const kept: [Float64Array<ArrayBuffer>, Float64Array<ArrayBuffer>] = [new Float64Array(), new Float64Array()];

/** Memory for the values of a step that the next step reads, and nobody after it. */
function between(size: number, turn: number): Float64Array<ArrayBuffer> {
  if (size > MOST_KEPT) return new Float64Array(size);
  const place = turn % 2 === 0 ? 0 : 1;
  if (kept[place].length < size) kept[place] = new Float64Array(size);
  return kept[place].subarray(0, size);
}

function isIdentity({ lower, share }: Weights, length: number): boolean {
  return (
    lower.length === length &&
    lower.every((position, at) => position === at) &&
    share.every((each) => each === 0)
  );
}

function alongPart(
  values: Float32Array | Float64Array,
  result: Float32Array | Float64Array,
  { lower, upper, share }: Weights,
  outer: number,
  length: number,
  inner: number,
): void {
  let to = 0;
  for (let block = 0; block < outer; block++) {
    const base = block * length * inner;
    for (let at = 0; at < lower.length; at++, to += inner) {
      const position = lower[at] as number;
      const low = base + position * inner;
      const part = share[at] as number;
      if (position < 0) result.fill(Number.NaN, to, to + inner);
      else if (part !== 0)
        blendRow(values, result, low, base + (upper[at] as number) * inner, part, to, inner);
      else if (inner < 16) for (let i = 0; i < inner; i++) result[to + i] = values[low + i] as number;
      else result.set(values.subarray(low, low + inner), to);
    }
  }
}

/** The same where the values of a part lie side by side: a row is one value, and a loop for it costs more than it. */
function alongLastPart(
  values: Float32Array | Float64Array,
  result: Float32Array | Float64Array,
  { lower, upper, share }: Weights,
  outer: number,
  length: number,
): void {
  const count = lower.length;
  let to = 0;
  for (let base = 0; base < outer * length; base += length)
    for (let at = 0; at < count; at++, to++) {
      const position = lower[at] as number;
      const part = share[at] as number;
      if (position < 0) result[to] = Number.NaN;
      else if (part === 0) result[to] = values[base + position] as number;
      else {
        const high = values[base + (upper[at] as number)] as number;
        result[to] = (values[base + position] as number) * (1 - part) + high * part;
      }
    }
}

function blendRow(
  values: Float32Array | Float64Array,
  result: Float32Array | Float64Array,
  low: number,
  high: number,
  share: number,
  to: number,
  length: number,
): void {
  const rest = 1 - share;
  for (let i = 0; i < length; i++)
    result[to + i] = (values[low + i] as number) * rest + (values[high + i] as number) * share;
}
