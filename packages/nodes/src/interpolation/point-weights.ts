import { CoordinateError } from "@zarr-cache/arrays";
import type { DimensionMethod } from "./method.ts";
import { emptyWeights, type Weights } from "./weights.ts";

/**
 * Where points lie among those of a stack: the same point, or the nearest by the straight distance in the units of the
 * labels, of equally near ones the first. Linear interpolation needs a grid.
 */
export function weightsAmong(
  points: readonly Float64Array[],
  asked: readonly Float64Array[],
  names: readonly string[],
  { method, tolerance }: DimensionMethod,
): Weights {
  if (method === "linear")
    throw new CoordinateError(
      `Stack "${names.join("_")}" has no grid to interpolate on linearly; take the method "nearest"`,
    );
  const size = asked[0]?.length ?? 0;
  const weights = emptyWeights(size);
  const exact = new Map<string, number>();
  const count = points[0]?.length ?? 0;
  for (let at = count - 1; at >= 0; at--) exact.set(keyOf(points, at), at);
  for (let at = 0; at < size; at++) {
    const same = exact.get(keyOf(asked, at));
    weights.lower[at] = same ?? (method === "exact" ? -1 : nearest(points, asked, at, tolerance));
  }
  return weights;
}

function keyOf(columns: readonly Float64Array[], at: number): string {
  return columns.map((column) => column[at]).join(" ");
}

function nearest(
  points: readonly Float64Array[],
  asked: readonly Float64Array[],
  at: number,
  tolerance: number | undefined,
): number {
  let [best, distance] = [-1, Number.POSITIVE_INFINITY];
  const count = points[0]?.length ?? 0;
  for (let point = 0; point < count; point++) {
    let away = 0;
    for (const [column, labels] of points.entries())
      away += ((labels[point] as number) - (asked[column]?.[at] as number)) ** 2;
    if (away < distance) [best, distance] = [point, away];
  }
  return tolerance !== undefined && Math.sqrt(distance) > tolerance ? -1 : best;
}
