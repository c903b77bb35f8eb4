import { isComparable, sameLabels } from "../coordinates/axis.ts";
import { Coordinates } from "../coordinates/coordinates.ts";
import { crsFacts } from "../coordinates/crs.ts";
import { type Part, partDims } from "../coordinates/part.ts";
import { allPicks, type Picks, picksOf } from "../coordinates/picks.ts";
import { CoordinateError, CrsError, mixedLabels } from "../errors.ts";
import { BAND, type Labelled } from "./labelled.ts";
import { type Strided, takeStrided } from "./strided.ts";

/** Two arrays brought to the same dimensions. */
export interface Broadcast {
  readonly dims: readonly string[];
  readonly shape: readonly number[];
  readonly coordinates: Coordinates;
  readonly bands: readonly string[] | undefined;
  readonly left: Strided;
  readonly right: Strided;
}

/**
 * Brings two arrays to the same dimensions by name: those of the left, then those that only the right has, `band` last.
 * In a shared dimension the labels that both have are kept, in the order of the left. An array without a dimension
 * repeats its values along it.
 */
export function broadcast(left: Labelled, right: Labelled): Broadcast {
  if (left.coordinates.parts.length > 0 && right.coordinates.parts.length > 0) assertSameCrs(left, right);
  const picks: [Map<string, Picks>, Map<string, Picks>] = [new Map(), new Map()];
  const parts: Part[] = [];
  for (const part of left.coordinates.parts) {
    const other = counterpart(part, right.coordinates);
    parts.push(other ? alignedPart(part, other, picks) : part);
  }
  const known = new Set(parts.flatMap(({ names }) => names));
  for (const part of right.coordinates.parts)
    if (!part.names.every((name) => known.has(name))) parts.push(part);
  const bands = alignedBands(left.bands, right.bands, picks);
  const coordinates = Coordinates.of(parts, {
    crs: (left.coordinates.parts.length > 0 ? left : right).coordinates.crs,
    dimensions: "any",
  });
  const bandFirst =
    left.dims.indexOf(BAND) >= 0 && left.dims.length - 1 === left.dims.indexOf(BAND)
      ? -1
      : left.dims.indexOf(BAND);
  const dims = [...coordinates.dims];
  if (bands) dims.splice(bandFirst >= 0 ? bandFirst : dims.length, 0, BAND);
  const sizes = new Map(coordinates.dims.map((dim, at) => [dim, coordinates.shape[at] as number]));
  if (bands) sizes.set(BAND, bands.length);
  const shape = dims.map((dim) => sizes.get(dim) as number);
  return {
    dims,
    shape,
    coordinates,
    bands,
    left: spread(left, picks[0], dims, shape),
    right: spread(right, picks[1], dims, shape),
  };
}

function assertSameCrs(left: Labelled, right: Labelled): void {
  const places = (array: Labelled) =>
    array.coordinates.udims.some((name) => name === "lat" || name === "lon");
  if (
    places(left) &&
    places(right) &&
    crsFacts(left.coordinates.crs).name !== crsFacts(right.coordinates.crs).name
  )
    throw new CrsError(
      right.coordinates.crs,
      `is not that of the left, ${left.coordinates.crs}: transform one of them first`,
    );
}

function counterpart(part: Part, coordinates: Coordinates): Part | undefined {
  const names = part.names.join();
  const same = coordinates.parts.find((other) => other.names.join() === names);
  const overlapping = coordinates.parts.find((other) =>
    other.names.some((name) => part.names.includes(name)),
  );
  if (!same && overlapping)
    throw new CoordinateError(
      `Dimensions ${partDims(part).join(", ")} and ${partDims(overlapping).join(", ")} share labels but are stacked differently; unstack or select first`,
    );
  return same;
}

function alignedPart(part: Part, other: Part, [left, right]: [Map<string, Picks>, Map<string, Picks>]): Part {
  if (
    part.shape.join() === other.shape.join() &&
    part.columns.every((axis, at) => sameLabels(axis, other.columns[at] as typeof axis))
  )
    return part;
  const [dim] = partDims(part);
  if (part.names.length > 1 || !dim)
    throw new CoordinateError(
      `Stacks "${partDims(part).join(", ")}" have unequal points (${part.shape.join(" × ")} and ${other.shape.join(" × ")})`,
    );
  const [mine, theirs] = [
    part.columns[0] as (typeof part.columns)[0],
    other.columns[0] as (typeof part.columns)[0],
  ];
  if (!isComparable(mine, theirs)) throw mixedLabels(dim);
  const there = new Map<number, number>();
  for (const [at, value] of theirs.values.entries()) if (!there.has(value)) there.set(value, at);
  const [kept, matching]: [number[], number[]] = [[], []];
  for (const [at, value] of mine.values.entries()) {
    const match = there.get(value);
    if (match !== undefined) {
      kept.push(at);
      matching.push(match);
    }
  }
  left.set(dim, picksOf(kept));
  right.set(dim, picksOf(matching));
  const axis = mine.take(picksOf(kept));
  return { names: [dim], shape: [axis.size], columns: [axis] };
}

function alignedBands(
  left: readonly string[] | undefined,
  right: readonly string[] | undefined,
  picks: [Map<string, Picks>, Map<string, Picks>],
): readonly string[] | undefined {
  if (!left || !right || left.join("\n") === right.join("\n")) return left ?? right;
  const shared = left.filter((band) => right.includes(band));
  if (shared.length === 0)
    throw new CoordinateError(`No band is in both: ${left.join(", ")} and ${right.join(", ")}`);
  picks[0].set(BAND, picksOf(shared.map((band) => left.indexOf(band))));
  picks[1].set(BAND, picksOf(shared.map((band) => right.indexOf(band))));
  return shared;
}

function spread(
  array: Labelled,
  picks: ReadonlyMap<string, Picks>,
  dims: readonly string[],
  shape: readonly number[],
): Strided {
  const { values } = array;
  const taken =
    picks.size === 0
      ? values
      : takeStrided(
          values,
          array.dims.map((dim, at) => picks.get(dim) ?? allPicks(values.shape[at] as number)),
        );
  const stride = dims.map((dim) => {
    const at = array.dims.indexOf(dim);
    return at < 0 ? 0 : (taken.stride[at] as number);
  });
  return { data: taken.data, shape, stride, offset: taken.offset };
}
