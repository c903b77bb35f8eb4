import { CoordinateError, type Coordinates, type UnitsDataArray } from "@zarr-cache/arrays";
import { BAND, type Part, partDims, sizeOf } from "@zarr-cache/arrays/parts";

/**
 * Copies values from one array to another wherever both have the label, in place; a stack counts point by point. Both have
 * the same dimensions in any order, and the same bands.
 */
export function copyLabels(target: UnitsDataArray, from: UnitsDataArray): void {
  if (target.size === 0 || from.size === 0) return;
  const maps = target.coordinates.parts.map((part) => placesIn(part, from.coordinates));
  if (target.bands?.join("\n") !== from.bands?.join("\n"))
    throw new CoordinateError("The bands of the two arrays are not the same");
  const dims = [...target.coordinates.parts.flatMap(partDims), ...(target.bands ? [BAND] : [])];
  const source = from.transpose(...orderFor(target, from)).toTypedArray();
  const sizes = target.coordinates.parts.map((part) => sizeOf(part.shape));
  const sourceSizes = target.coordinates.parts.map((part) =>
    sizeOf(counterpart(part, from.coordinates).shape),
  );
  const bands = target.bands?.length ?? 1;
  const view = target.transpose(...dims).values;
  const { data, stride } = view;
  const partStride = partStrides(target.coordinates.parts, stride);
  const bandStride = target.bands ? (stride.at(-1) as number) : 0;
  const walk = (part: number, to: number, place: number): void => {
    if (part === sizes.length) {
      for (let band = 0; band < bands; band++)
        data[to + band * bandStride] = source[place * bands + band] as number;
      return;
    }
    const places = maps[part] as Int32Array;
    const step = partStride[part] as (at: number) => number;
    for (let at = 0; at < places.length; at++) {
      const found = places[at] as number;
      if (found >= 0) walk(part + 1, to + step(at), place * (sourceSizes[part] as number) + found);
    }
  };
  walk(0, view.offset, 0);
}

/** The dims of `from` in the order of the parts of the target. */
function orderFor(target: UnitsDataArray, from: UnitsDataArray): string[] {
  const parts = target.coordinates.parts.flatMap((part) => partDims(counterpart(part, from.coordinates)));
  return [...parts, ...(from.bands ? [BAND] : [])];
}

/** How far the points of each part lie apart in the target. */
function partStrides(parts: readonly Part[], stride: readonly number[]): ((at: number) => number)[] {
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
