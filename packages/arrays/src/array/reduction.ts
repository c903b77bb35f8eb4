/**
 * Reductions that skip NaN, in blocks: values may come all at once or chunk by chunk, in any order.
 *
 * Sums and means are kept in float64. A variance is that of each block about its own mean (two passes), merged with what
 * is there already (Chan, Golub, LeVeque 1979), so that a single block gives exactly the textbook value.
 */
import { CoordinateError, InvalidArgumentError } from "../errors.ts";
import { eachRow, type NumericData, type Strided, sizeOf, stridesOf } from "./strided.ts";

/** What can be made of the values along dimensions. Variance and deviation are those of the population. */
export type ReductionName = "sum" | "mean" | "min" | "max" | "count" | "var" | "std" | "any" | "all";

export const REDUCTIONS: readonly ReductionName[] = [
  "sum",
  "mean",
  "min",
  "max",
  "count",
  "var",
  "std",
  "any",
  "all",
];

/** Where the values of a block belong in the result: its offset, and its step for each dimension, 0 where reduced. */
export interface Target {
  readonly stride: readonly number[];
  readonly offset: number;
}

/** Gathers blocks into one result. */
export interface Reducer {
  add(block: Strided, target: Target): void;
  /** The result; call it once, at the end. */
  finish(): Float64Array<ArrayBuffer>;
}

/** A reducer into `size` values. */
export function reducer(name: ReductionName, size: number): Reducer {
  switch (name) {
    case "sum":
    case "mean":
    case "count":
      return sums(name, size);
    case "min":
    case "max":
      return extremes(name, size);
    case "any":
    case "all":
      return truths(name, size);
    case "var":
    case "std":
      return variances(name, size);
    default:
      throw new InvalidArgumentError("reduction", name, REDUCTIONS.join(", "));
  }
}

/** Splits dimensions into those that stay and those that are reduced: all of them where none is named. */
export function reducedDims(
  dims: readonly string[],
  over: string | readonly string[] | undefined,
): Set<string> {
  const names = over === undefined ? dims : typeof over === "string" ? [over] : over;
  for (const name of names)
    if (!dims.includes(name))
      throw new CoordinateError(
        `Dimension ${JSON.stringify(name)} is not there; there are ${dims.join(", ") || "none"}`,
      );
  return new Set(names);
}

/** The steps of the result for each dimension of the values. */
export function targetStride(
  dims: readonly string[],
  shape: readonly number[],
  over: ReadonlySet<string>,
): number[] {
  const kept = shape.map((length, at) => (over.has(dims[at] as string) ? 1 : length));
  return stridesOf(kept).map((step, at) => (over.has(dims[at] as string) ? 0 : step));
}

/** Reduces what is in memory. */
export function reduceStrided(
  name: ReductionName,
  values: Strided,
  stride: readonly number[],
  size: number,
): Float64Array<ArrayBuffer> {
  const gathering = reducer(name, size);
  gathering.add(values, { stride, offset: 0 });
  return gathering.finish();
}

function walk(
  block: Strided,
  target: Target,
  visit: (n: number, p: number, step: number, o: number, out: number) => void,
): void {
  eachRow(
    block.shape,
    [block.stride, target.stride],
    [block.offset, target.offset],
    (n, [p, o], [step, out]) => visit(n, p as number, step as number, o as number, out as number),
  );
}

function addSums(
  data: NumericData,
  n: number,
  p: number,
  step: number,
  total: Float64Array,
  count: Float64Array,
  o: number,
  out: number,
): void {
  if (out === 0) {
    let [sum, found] = [0, 0];
    for (let i = 0, at = p; i < n; i++, at += step) {
      const value = data[at] as number;
      if (!Number.isNaN(value)) {
        sum += value;
        found++;
      }
    }
    total[o] = (total[o] as number) + sum;
    count[o] = (count[o] as number) + found;
    return;
  }
  if (step === 1 && out === 1) {
    for (let i = 0; i < n; i++) {
      const value = data[p + i] as number;
      if (Number.isNaN(value)) continue;
      total[o + i] = (total[o + i] as number) + value;
      count[o + i] = (count[o + i] as number) + 1;
    }
    return;
  }
  for (let i = 0, at = p, to = o; i < n; i++, at += step, to += out) {
    const value = data[at] as number;
    if (!Number.isNaN(value)) {
      total[to] = (total[to] as number) + value;
      count[to] = (count[to] as number) + 1;
    }
  }
}

function sums(name: "sum" | "mean" | "count", size: number): Reducer {
  const [total, count] = [new Float64Array(size), new Float64Array(size)];
  return {
    add: (block, target) =>
      walk(block, target, (n, p, step, o, out) => addSums(block.data, n, p, step, total, count, o, out)),
    finish: () =>
      name === "sum" ? total : name === "count" ? count : total.map((sum, at) => sum / (count[at] as number)),
  };
}

function extremes(name: "min" | "max", size: number): Reducer {
  const result = new Float64Array(size).fill(Number.NaN);
  const sign = name === "min" ? 1 : -1;
  return {
    add: (block, target) =>
      walk(block, target, (n, p, step, o, out) => {
        const { data } = block;
        for (let i = 0, at = p, to = o; i < n; i++, at += step, to += out) {
          const value = data[at] as number;
          const best = result[to] as number;
          if (value * sign < best * sign || (Number.isNaN(best) && !Number.isNaN(value))) result[to] = value;
        }
      }),
    finish: () => result,
  };
}

function truths(name: "any" | "all", size: number): Reducer {
  const result = new Float64Array(size).fill(name === "all" ? 1 : 0);
  return {
    add: (block, target) =>
      walk(block, target, (n, p, step, o, out) => {
        for (let i = 0, at = p, to = o; i < n; i++, at += step, to += out)
          if ((block.data[at] !== 0) === (name === "any")) result[to] = name === "any" ? 1 : 0;
      }),
    finish: () => result,
  };
}

function variances(name: "var" | "std", size: number): Reducer {
  const [count, mean, squares] = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  return {
    add(block, target) {
      // Only the places that this block touches, so that many small blocks of a large result cost little.
      const places = block.shape.map((length, dim) => (target.stride[dim] === 0 ? 1 : length));
      const order = stridesOf(places);
      const here = { stride: order.map((step, dim) => (target.stride[dim] === 0 ? 0 : step)), offset: 0 };
      const area = sizeOf(places);
      const [total, found, spread] = [new Float64Array(area), new Float64Array(area), new Float64Array(area)];
      walk(block, here, (n, p, step, o, out) => addSums(block.data, n, p, step, total, found, o, out));
      walk(block, here, (n, p, step, o, out) => {
        for (let i = 0, at = p, to = o; i < n; i++, at += step, to += out) {
          const distance = (block.data[at] as number) - (total[to] as number) / (found[to] as number);
          if (!Number.isNaN(distance)) spread[to] = (spread[to] as number) + distance * distance;
        }
      });
      const merge = (at: number, from: number) => {
        const [before, now] = [count[at] as number, found[from] as number];
        if (now === 0) return;
        const distance = (total[from] as number) / now - (mean[at] as number);
        const between = (distance * distance * before * now) / (before + now);
        count[at] = before + now;
        mean[at] = (mean[at] as number) + (distance * now) / (before + now);
        squares[at] = (squares[at] as number) + (spread[from] as number) + between;
      };
      eachRow(places, [order, target.stride], [0, target.offset], (n, [from, to], [step, out]) => {
        for (let i = 0; i < n; i++)
          merge((to as number) + i * (out as number), (from as number) + i * (step as number));
      });
    },
    finish: () =>
      squares.map((sum, at) => {
        const variance = count[at] === 0 ? Number.NaN : sum / (count[at] as number);
        return name === "std" ? Math.sqrt(variance) : variance;
      }),
  };
}

/** The values of each place of the result, NaN left out, ascending: for medians and percentiles. */
export function gather(values: Strided, stride: readonly number[], size: number): Float64Array[] {
  const counts = reduceStrided("count", values, stride, size);
  const lists = Array.from(counts, (count) => new Float64Array(count));
  const filled = new Int32Array(size);
  walk(values, { stride, offset: 0 }, (n, p, step, o, out) => {
    for (let i = 0, at = p, to = o; i < n; i++, at += step, to += out) {
      const value = values.data[at] as number;
      if (Number.isNaN(value)) continue;
      const list = lists[to] as Float64Array;
      list[filled[to] as number] = value;
      filled[to] = (filled[to] as number) + 1;
    }
  });
  for (const list of lists) list.sort();
  return lists;
}

/** The value below which this share (0–1) of ascending values lies, linear between neighbours. */
export function quantileOf(ascending: Float64Array, share: number): number {
  if (ascending.length === 0) return Number.NaN;
  const at = share * (ascending.length - 1);
  const [low, high] = [ascending[Math.floor(at)] as number, ascending[Math.ceil(at)] as number];
  return low + (high - low) * (at - Math.floor(at));
}

/** How many values the result of a reduction has. */
export function reducedSize(
  dims: readonly string[],
  shape: readonly number[],
  over: ReadonlySet<string>,
): number {
  return sizeOf(shape.filter((_, at) => !over.has(dims[at] as string)));
}
