import { CoordinateError, type Coordinates, type NumericData, type UnitsDataArray } from "@zarr-cache/arrays";
import { BAND, type Part, partDims, sizeOf } from "@zarr-cache/arrays/parts";

/**
 * Copies values from one array to another wherever both have the label, in place; a stack counts point by point. Both have
 * the same dimensions in any order, and the same bands.
 */
export function copyLabels(target: UnitsDataArray, from: UnitsDataArray): void {
  if (target.size === 0 || from.size === 0) return;
  if (target.bands?.join("\n") !== from.bands?.join("\n"))
    throw new CoordinateError("The bands of the two arrays are not the same");
  const { parts } = target.coordinates;
  const dims = [...parts.flatMap(partDims), ...(target.bands ? [BAND] : [])];
  const { data, stride, offset } = target.transpose(...dims).values;
  const source = from.transpose(...orderFor(target, from)).toTypedArray();
  const bands = target.bands?.length ?? 1;
  const steps = partSteps(parts, stride);
  const axes = parts.map((part, at): CopyAxis => {
    const after = parts.slice(at + 1).map((each) => sizeOf(counterpart(each, from.coordinates).shape));
    const step = steps[at] as (place: number) => number;
    return copyAxis(placesIn(part, from.coordinates), step, sizeOf(after) * bands);
  });
  if (target.bands)
    axes.push(
      copyAxis(
        Int32Array.from({ length: bands }, (_, at) => at),
        (at) => at * (stride.at(-1) as number),
        1,
      ),
    );
  copyAlong(data, source, axes, 0, offset, 0);
}

/** Which places of one part are copied: where they go, and where they come from, as distances. */
interface CopyAxis {
  readonly to: Int32Array;
  readonly from: Int32Array;
  /** Whether all lie one after another on both sides. */
  readonly isRun: boolean;
}

function copyAxis(places: Int32Array, stepTo: (place: number) => number, stepFrom: number): CopyAxis {
  const [to, from]: [number[], number[]] = [[], []];
  for (const [at, place] of places.entries())
    if (place >= 0) {
      to.push(stepTo(at));
      from.push(place * stepFrom);
    }
  const isRun = to.every(
    (each, at) => each === (to[0] as number) + at && from[at] === (from[0] as number) + at,
  );
  return { to: Int32Array.from(to), from: Int32Array.from(from), isRun };
}

function copyAlong(
  data: NumericData,
  source: NumericData,
  axes: readonly CopyAxis[],
  axis: number,
  to: number,
  from: number,
): void {
  const current = axes[axis];
  if (!current) {
    data[to] = source[from] as number;
    return;
  }
  const { length } = current.to;
  if (axis < axes.length - 1) {
    for (let at = 0; at < length; at++)
      copyAlong(
        data,
        source,
        axes,
        axis + 1,
        to + (current.to[at] as number),
        from + (current.from[at] as number),
      );
  } else if (current.isRun && length > 0) {
    const [first, begin] = [to + (current.to[0] as number), from + (current.from[0] as number)];
    data.set(source.subarray(begin, begin + length), first);
  } else
    for (let at = 0; at < length; at++)
      data[to + (current.to[at] as number)] = source[from + (current.from[at] as number)] as number;
}

/** The dims of `from` in the order of the parts of the target. */
function orderFor(target: UnitsDataArray, from: UnitsDataArray): string[] {
  const parts = target.coordinates.parts.flatMap((part) => partDims(counterpart(part, from.coordinates)));
  return [...parts, ...(from.bands ? [BAND] : [])];
}

/** How far the points of each part lie apart in the target. */
function partSteps(parts: readonly Part[], stride: readonly number[]): ((at: number) => number)[] {
  let first = 0;
  return parts.map(({ shape }) => {
    const own = stride.slice(first, first + shape.length);
    first += shape.length;
    if (shape.length === 1) return (at: number) => at * (own[0] as number);
    return (at: number) => {
      let [rest, offset] = [at, 0];
      for (let dim = shape.length - 1; dim >= 0; dim--) {
        offset += (rest % (shape[dim] as number)) * (own[dim] as number);
        rest = Math.floor(rest / (shape[dim] as number));
      }
      return offset;
    };
  });
}

function counterpart(part: Part, coordinates: Coordinates): Part {
  const names = [...part.names].sort().join();
  const found = coordinates.parts.find((each) => [...each.names].sort().join() === names);
  if (!found)
    throw new CoordinateError(
      `Dimension ${partDims(part).join(", ")} is not there; there are ${coordinates.dims.join(", ") || "none"}`,
    );
  return found;
}

/** For each point of a part its place among those of the other coordinates, or -1. */
export function placesIn(part: Part, coordinates: Coordinates): Int32Array {
  const other = counterpart(part, coordinates);
  const theirs = part.names.map(
    (name) => (other.columns[other.names.indexOf(name)] as Part["columns"][number]).values,
  );
  const mine = part.columns.map(({ values }) => values);
  const [only] = mine;
  const [single] = theirs;
  if (mine.length === 1 && only && single) {
    const places = new Map<number, number>();
    for (let at = single.length - 1; at >= 0; at--) places.set(single[at] as number, at);
    return Int32Array.from(only, (label) => places.get(label) ?? -1);
  }
  const keyOf = (columns: readonly Float64Array[], at: number) =>
    columns.map((column) => column[at]).join(" ");
  const places = new Map<string, number>();
  for (let at = (single?.length ?? 0) - 1; at >= 0; at--) places.set(keyOf(theirs, at), at);
  return Int32Array.from({ length: only?.length ?? 0 }, (_, at) => places.get(keyOf(mine, at)) ?? -1);
}
