import { counted } from "../counted.ts";
import { CoordinateError } from "../errors.ts";
import { affineColumns, assertGeotransform, assertRasterShape, type Geotransform } from "./affine.ts";
import { ArrayAxis } from "./array-axis.ts";
import type { Axis } from "./axis.ts";
import { allPicks, type Picks, pickAt, picksSize } from "./picks.ts";

/**
 * One independent piece of coordinates: a single axis, or several stacked ones whose labels go together. It takes one
 * dimension for each number of its shape; a stack has as many columns as names, each as long as the product of the shape.
 */
export type Part = AxisPart | StackPart;

/** One dimension with its labels. */
export interface AxisPart {
  readonly names: readonly [string];
  readonly shape: readonly [number];
  readonly columns: readonly [Axis];
}

/** Stacked dimensions: point `i` has the label `i` of each column. */
export interface StackPart {
  readonly names: readonly string[];
  readonly shape: readonly number[];
  readonly columns: readonly Axis[];
  /** Where the points are those of a rotated raster. */
  readonly geotransform?: Geotransform;
}

/** One dimension of the labels of `axis`. */
export function axisPart(name: string, axis: Axis): AxisPart {
  return { names: [name], shape: [axis.size], columns: [axis] };
}

/** Stacks axes of equal length; n-d where a shape is given. Fewer than two points, or unequal lengths, are errors. */
export function stackPart(
  names: readonly string[],
  columns: readonly Axis[],
  shape?: readonly number[],
): StackPart {
  const sizes = columns.map(({ size }) => size);
  const stack = names.join("_");
  if (new Set(names).size !== names.length) throw new CoordinateError(`Stack "${stack}" repeats a dimension`);
  if (names.length < 2) throw new CoordinateError(`Stack "${stack}" has one dimension; give at least two`);
  if (new Set(sizes).size > 1)
    throw new CoordinateError(
      `Stack "${stack}" has unequal lengths: ${names.map((name, at) => `${name} ${sizes[at]}`).join(", ")}`,
    );
  const size = sizes[0] ?? 0;
  if (!shape && size < 2)
    throw new CoordinateError(`Stack "${stack}" has ${counted(size, "point")}; give at least two`);
  const full = shape ?? [size];
  if (full.reduce((product, length) => product * length, 1) !== size)
    throw new CoordinateError(
      `Stack "${stack}" has ${counted(size, "point")}, not the shape ${full.join(" × ")}`,
    );
  return { names, shape: full, columns };
}

/** The pixel centres of a rotated raster, as an n-d stack of the names of y and x; what is no raster is an error. */
export function affinePart(
  names: readonly string[],
  geotransform: readonly number[],
  shape: readonly number[],
): StackPart {
  assertGeotransform(geotransform);
  assertRasterShape(shape);
  if (names.length !== 2)
    throw new CoordinateError(`A raster stacks two dimensions, y and x, not ${names.join(", ") || "none"}`);
  const { y, x } = affineColumns(geotransform, shape);
  return { ...stackPart(names, [new ArrayAxis(y), new ArrayAxis(x)], shape), geotransform };
}

/** The names of the dimensions of a part: `lat`, `lat_lon`, or `lat_lon-1` and `lat_lon-2`. */
export function partDims({ names, shape }: Pick<Part, "names" | "shape">): string[] {
  const stack = names.join("_");
  return shape.length === 1 ? [stack] : shape.map((_, at) => `${stack}-${at + 1}`);
}

/** Whether several dimensions go together in it. */
export function isStacked(part: Part): part is StackPart {
  return part.names.length > 1;
}

/** The part at these positions of each of its dimensions. */
export function takePart(part: Part, picks: readonly Picks[]): Part {
  const [only] = picks;
  if (part.shape.length === 1 && only) {
    const columns = part.columns.map((axis) => axis.take(only));
    return { names: part.names, shape: [picksSize(only)], columns } as Part;
  }
  const shape = picks.map(picksSize);
  const positions = positionsIn(part.shape, picks);
  return { names: part.names, shape, columns: part.columns.map((axis) => axis.take(positions)) };
}

function positionsIn(shape: readonly number[], picks: readonly Picks[]): Int32Array {
  let positions = new Int32Array(1);
  for (const [at, length] of shape.entries()) {
    const chosen = picks[at] ?? allPicks(length);
    const count = picksSize(chosen);
    const next = new Int32Array(positions.length * count);
    for (let p = 0; p < positions.length; p++)
      for (let c = 0; c < count; c++)
        next[p * count + c] = (positions[p] as number) * length + pickAt(chosen, c);
    positions = next;
  }
  return positions;
}
