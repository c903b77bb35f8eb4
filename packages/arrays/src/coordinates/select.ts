/**
 * Selection by bounds.
 *
 * Within one axis the labels are looked at in order of value. *Inner* are the labels inside the bounds; if there is none
 * but the bounds lie between two labels, those nearest to the two bounds, where a bound at the midpoint goes to the lower.
 * *Outer* is the smallest set that contains the bounds: the inner ones and, where a bound lies between labels, the label
 * beyond it. Bounds wholly beyond the ends select nothing. In a stack a point is selected if every column selects it, so
 * that inner is always a part of outer.
 */
import { CoordinateError, shown } from "../errors.ts";
import { own } from "../own.ts";
import type { Axis } from "./axis.ts";
import { instantFrom, type Label } from "./axis-input.ts";
import { isStacked, type Part, takePart } from "./part.ts";
import { type Picks, picksOf } from "./picks.ts";

/** The least and the greatest label wanted, by unstacked dimension. */
export type Bounds = Readonly<Record<string, readonly [Label, Label]>>;

/** Positions of the labels of one axis that the bounds select, in the order of the axis. */
export function selectOnAxis(axis: Axis, [from, to]: readonly [number, number], outer: boolean): Picks {
  const interval = labelInterval(sortedValues(axis), Math.min(from, to), Math.max(from, to), outer);
  const positions: number[] = [];
  if (interval) {
    const [least, greatest] = interval;
    for (const [at, value] of axis.values.entries())
      if (value >= least && value <= greatest) positions.push(at);
  }
  return picksOf(positions);
}

/** The parts that bounds select; dimensions without bounds stay whole. */
export function selectParts(parts: readonly Part[], bounds: Bounds, outer: boolean): Part[] {
  const known = parts.flatMap(({ names }) => names);
  for (const name of Object.keys(bounds))
    if (!known.includes(name))
      throw new CoordinateError(
        `Dimension ${JSON.stringify(name)} is not there; there are ${known.join(", ")}`,
      );
  return parts.map((part) => {
    const wanted = part.names.flatMap((name, at) => {
      const given = own(bounds, name);
      const axis = part.columns[at];
      return given && axis ? [selectOnAxis(axis, boundsOn(name, axis, given), outer)] : [];
    });
    if (wanted.length === 0) return part;
    const [only] = wanted;
    if (!isStacked(part) && only) return takePart(part, [only]);
    return takeOfStack(part, wanted);
  });
}

/** Bounds as the numbers of an axis; the wrong kind of label is an error. */
export function boundsOn(name: string, axis: Axis, bounds: readonly [Label, Label]): [number, number] {
  if (!Array.isArray(bounds) || bounds.length !== 2)
    throw new CoordinateError(`Bounds of "${name}" are ${shown(bounds)}; give [least, greatest]`);
  return [labelOn(name, axis, bounds[0]), labelOn(name, axis, bounds[1])];
}

/** A label as the number of an axis; the wrong kind of label is an error. */
export function labelOn(name: string, axis: Axis, label: Label): number {
  if ((typeof label === "number") !== (axis.kind === "number"))
    throw new CoordinateError(
      `Dimension "${name}" has ${axis.kind === "number" ? "numbers" : "instants"}; ${shown(label)} is of another kind`,
    );
  return typeof label === "number" ? label : instantFrom(label, axis.calendar).ms;
}

/** The points that every list of positions has; a stack of several dimensions becomes one of a single dimension. */
function takeOfStack(part: Part, wanted: readonly Picks[]): Part {
  const size = part.columns[0]?.size ?? 0;
  const votes = new Uint8Array(size);
  for (const picks of wanted) {
    const count = picks instanceof Int32Array ? picks.length : picks.size;
    for (let at = 0; at < count; at++) {
      const position = picks instanceof Int32Array ? (picks[at] as number) : picks.start + at * picks.step;
      votes[position] = (votes[position] as number) + 1;
    }
  }
  const positions: number[] = [];
  for (const [at, count] of votes.entries()) if (count === wanted.length) positions.push(at);
  return takePart({ names: part.names, shape: [size], columns: part.columns } as Part, [picksOf(positions)]);
}

function sortedValues(axis: Axis): Float64Array {
  const { values } = axis;
  let ascending = true;
  for (let at = 1; ascending && at < values.length; at++)
    ascending = (values[at] as number) >= (values[at - 1] as number);
  return ascending && !Number.isNaN(values[0])
    ? values
    : values.filter((value) => !Number.isNaN(value)).sort();
}

/** The least and the greatest of the labels that are selected from ascending ones. */
function labelInterval(
  sorted: Float64Array,
  from: number,
  to: number,
  outer: boolean,
): [number, number] | undefined {
  const last = sorted.length - 1;
  const label = (at: number) => sorted[at] as number;
  if (last < 0 || !(to >= label(0)) || !(from <= label(last))) return undefined;
  const lower = firstAtLeast(sorted, from);
  const upper = firstAtLeast(sorted, to, true) - 1;
  if (outer)
    return [
      label(label(lower) > from ? Math.max(0, lower - 1) : lower),
      label(upper < 0 || label(upper) < to ? Math.min(last, upper + 1) : upper),
    ];
  if (lower <= upper) return [label(lower), label(upper)];
  const nearer = (bound: number) =>
    bound - label(upper) <= label(lower) - bound ? label(upper) : label(lower);
  return [nearer(from), nearer(to)];
}

/** The first position whose value is ≥ `bound`, or > with `beyond`. */
function firstAtLeast(sorted: Float64Array, bound: number, beyond = false): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const value = sorted[middle] as number;
    if (value < bound || (beyond && value === bound)) low = middle + 1;
    else high = middle;
  }
  return low;
}
