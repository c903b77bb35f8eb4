import { CoordinateError, Coordinates, type CoordinatesDefinition } from "@zarr-cache/arrays";

/** An axis as JSON: labels, one label, or even steps; instants are ISO strings, a step in time is such as `"1,D"`. */
export type AxisJson =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly start: number | string; readonly stop?: number | string; readonly step?: number | string }
  | { readonly start: number | string; readonly stop: number | string; readonly size: number };

/** Coordinates as people write them in JSON: axes by dimension, in order, with `crs` beside them. */
export interface GridJson {
  readonly [dimension: string]: AxisJson;
}

/**
 * Reads coordinates from JSON: axes by dimension as `Coordinates.grid` takes them, with `crs` beside them, or the `definition` of
 * coordinates. Any names of dimensions are taken. What is no coordinates is an error of `@zarr-cache/arrays`.
 */
export function readCoordinates(json: GridJson | CoordinatesDefinition): Coordinates {
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw new CoordinateError("Coordinates are an object of axes by dimension, or { crs, coordinates }");
  if (Array.isArray(json["coordinates"])) return Coordinates.fromDefinition(json as CoordinatesDefinition);
  const { crs, ...axes } = json as GridJson;
  if (Object.keys(axes).length === 0) throw new CoordinateError("There is no axis: name a dimension");
  if (crs !== undefined && typeof crs !== "string") throw new CoordinateError("crs must be a text");
  type Axes = Parameters<typeof Coordinates.grid>[0];
  return Coordinates.grid(axes as Axes, { dimensions: "any", ...(crs !== undefined && { crs }) });
}
