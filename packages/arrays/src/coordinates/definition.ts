import { CoordinateError, shown } from "../errors.ts";
import type { Geotransform } from "./affine.ts";
import type { Axis, AxisDefinition } from "./axis.ts";
import { axisFromDefinition, isSize } from "./axis-input.ts";
import { affinePart, type Part, stackPart } from "./part.ts";

/** Coordinates as JSON. */
export interface CoordinatesDefinition {
  readonly crs: string;
  readonly coordinates: readonly PartDefinition[];
}

/** One dimension, a stack, or the pixel centres of a rotated raster. */
export type PartDefinition =
  | (AxisDefinition & { readonly name: string })
  | {
      readonly stack: readonly string[];
      readonly shape: readonly number[];
      readonly columns: readonly AxisDefinition[];
    }
  | {
      readonly stack: readonly string[];
      readonly shape: readonly number[];
      readonly geotransform: Geotransform;
    };

/** Writes parts as JSON that {@link partsFromDefinition} reads back. */
export function definitionOf(parts: readonly Part[], crs: string): CoordinatesDefinition {
  const coordinates = parts.map((part): PartDefinition => {
    const { names, shape, columns } = part;
    if (names.length === 1) return { name: names[0] as string, ...(columns[0] as Axis).definition() };
    if ("geotransform" in part && part.geotransform)
      return { stack: names, shape, geotransform: part.geotransform };
    return { stack: names, shape, columns: columns.map((axis) => axis.definition()) };
  });
  return { crs, coordinates };
}

/** Reads parts back; what is not a definition is an error that shows it. */
export function partsFromDefinition(definition: CoordinatesDefinition): Part[] {
  if (typeof definition !== "object" || definition === null || !Array.isArray(definition.coordinates))
    throw new CoordinateError(`${shown(definition)} is not { crs, coordinates: [...] }`);
  return definition.coordinates.map((part: PartDefinition): Part => {
    if (typeof part !== "object" || part === null)
      throw new CoordinateError(`${shown(part)} is neither an axis with "name" nor a "stack"`);
    if ("name" in part) {
      if (typeof part.name !== "string")
        throw new CoordinateError(`${shown(part)} has a "name" that is no text`);
      const axis = axisFromDefinition(part.name, part);
      return { names: [part.name], shape: [axis.size], columns: [axis] };
    }
    if (!Array.isArray(part.stack) || !Array.isArray(part.shape))
      throw new CoordinateError(`${shown(part)} has neither "name" nor "stack" and "shape"`);
    if (!part.stack.every((name) => typeof name === "string"))
      throw new CoordinateError(`${shown(part)} has a "stack" that is no list of names`);
    if ("geotransform" in part) return affinePart(part.stack, part.geotransform, part.shape);
    if (!Array.isArray(part.columns))
      throw new CoordinateError(`${shown(part)} has neither "columns" nor "geotransform"`);
    if (part.columns.length !== part.stack.length)
      throw new CoordinateError(`${shown(part)} has not one of "columns" for each name of its "stack"`);
    if (!part.shape.every(isSize))
      throw new CoordinateError(`${shown(part)} has a "shape" that is no list of whole sizes`);
    const columns = part.columns.map((column, at) => axisFromDefinition(part.stack[at] ?? "?", column));
    return stackPart(part.stack, columns, part.shape);
  });
}
