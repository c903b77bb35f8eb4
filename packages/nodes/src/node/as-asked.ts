import { CoordinateError, type Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { type Part, sameLabels } from "@zarr-cache/arrays/parts";

/** What `compute` of a type gave, if it is an array; else an error that names the type. */
export function asArray(type: string, result: unknown): UnitsDataArray {
  if (result instanceof UnitsDataArray) return result;
  throw new CoordinateError(`${type}.compute() must give a UnitsDataArray`);
}

/** What `compute` of a type gave, if it has every dimension that it was asked for. */
export function withDims(type: string, result: UnitsDataArray, asked: readonly string[]): UnitsDataArray {
  const { udims } = result.coordinates;
  if (asked.every((dim) => udims.includes(dim))) return result;
  throw new CoordinateError(
    `${type}.compute() gave values with dims ${JSON.stringify(result.dims)} where it was asked for ${JSON.stringify(asked)}`,
  );
}

/** What `compute` of a source gave, if it is at the labels that it was asked for, all of them, in any order of dimensions. */
export function asAsked(type: string, result: unknown, asked: Coordinates): UnitsDataArray {
  const array = asArray(type, result);
  const { coordinates } = array;
  if (coordinates === asked) return array;
  withDims(type, array, asked.udims);
  const isOther = (part: Part) => !asked.parts.some((each) => isSame(each, part));
  const other = coordinates.parts.find(isOther);
  if (!other) return array;
  throw new CoordinateError(
    `${type}.compute() gave values at other labels of ${JSON.stringify(other.names.join("_"))} than it was asked for`,
  );
}

function isSame(one: Part, other: Part): boolean {
  return (
    one.names.join() === other.names.join() &&
    one.shape.join() === other.shape.join() &&
    one.columns.every((axis, column) => sameLabels(axis, other.columns[column] as typeof axis))
  );
}
