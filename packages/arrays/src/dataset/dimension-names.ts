import { counted } from "../counted.ts";
import { DatasetError, shown } from "../errors.ts";

/**
 * The names of an array's dimensions: `_ARRAY_DIMENSIONS` of version 2, `dimension_names` of version 3, and `dim_0`,
 * `dim_1` … where there are none. Names that do not fit the shape are an error.
 */
export function dimensionNames(
  name: string,
  shape: readonly number[],
  attrs: Readonly<Record<string, unknown>>,
  names: readonly (string | null)[] | undefined,
): string[] {
  const attribute = attrs["_ARRAY_DIMENSIONS"];
  const given = names ?? attribute;
  if (given === undefined || given === null) return shape.map((_, at) => `dim_${at}`);
  const where = names ? "dimension_names" : "_ARRAY_DIMENSIONS";
  if (!Array.isArray(given) || !given.every((each) => each === null || typeof each === "string"))
    throw new DatasetError(`Array "${name}": ${where} is ${shown(given)}, not a list of names`);
  if (given.length !== shape.length)
    throw new DatasetError(
      `Array "${name}": ${where} has ${counted(given.length, "name")} (${given.join(", ")}) for ${counted(shape.length, "dimension")}`,
    );
  const dims = given.map((each, at): string => each ?? `dim_${at}`);
  const twice = dims.find((dim, at) => dims.indexOf(dim) !== at);
  if (twice !== undefined) throw new DatasetError(`Array "${name}": ${where} has "${twice}" twice`);
  return dims;
}
