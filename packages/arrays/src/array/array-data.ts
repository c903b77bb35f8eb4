import type { Coordinates } from "../coordinates/coordinates.ts";
import { CoordinateError, shown } from "../errors.ts";
import { isNumericData } from "./dtype.ts";
import { BAND, type Labelled } from "./labelled.ts";
import { inOrder, type NumericData, type Strided, sizeOf } from "./strided.ts";

/** Values that an array can be made of: in C order, or an ndarray of the shape. */
export type ArrayData = NumericData | readonly number[] | Strided;

/** Names of bands as they were given; one that comes twice is an error, since a selection could not tell them apart. */
export function assertBands<B extends readonly string[] | undefined>(bands: B): B {
  const twice = bands?.find((band, at) => bands.indexOf(band) !== at);
  if (twice !== undefined)
    throw new CoordinateError(`Band ${shown(twice)} comes twice: ${bands?.join(", ")}`);
  return bands;
}

/** The coordinates in the order of the dimensions of an array; other dimensions are an error. */
export function inDimOrder(
  coordinates: Coordinates,
  dims: readonly string[],
  bands: readonly string[] | undefined,
): Coordinates {
  const labelled = dims.filter((dim) => dim !== BAND || !bands);
  if ([...labelled].sort().join() !== [...coordinates.dims].sort().join())
    throw new CoordinateError(
      `Dimensions ${dims.join(", ")} are not those of the coordinates, ${coordinates.dims.join(", ")}${bands ? " and band" : ""}`,
    );
  return labelled.join() === coordinates.dims.join() ? coordinates : coordinates.transpose(...labelled);
}

/** The length of each dimension, by the coordinates and the bands. */
export function shapeOf({ dims, coordinates, bands }: Omit<Labelled, "values" | "units">): number[] {
  const sizes = new Map(coordinates.dims.map((dim, at) => [dim, coordinates.shape[at] as number]));
  return dims.map((dim) => (dim === BAND && bands ? bands.length : (sizes.get(dim) as number)));
}

/** The data with their shape; another number of values, or another shape, is an error. */
export function stridedOf(data: ArrayData, shape: readonly number[], dims: readonly string[]): Strided {
  const count = shape.length > 0 ? `${shape.join(" × ")} values` : "1 value";
  const expected = `${count} (${dims.join(", ") || "no dimensions"})`;
  if (Array.isArray(data) || isNumericData(data)) {
    if (data.length !== sizeOf(shape))
      throw new CoordinateError(`The coordinates want ${expected}; there are ${data.length}`);
    return inOrder(Array.isArray(data) ? Float64Array.from(data) : (data as NumericData), shape);
  }
  const given = data as Strided;
  if (
    typeof given !== "object" ||
    given === null ||
    !isNumericData(given.data) ||
    given.shape.join() !== shape.join()
  )
    throw new CoordinateError(`The coordinates want ${expected}; given is ${shown(given?.shape ?? given)}`);
  return { data: given.data, shape: [...given.shape], stride: [...given.stride], offset: given.offset };
}
