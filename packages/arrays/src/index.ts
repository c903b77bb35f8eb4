export type { Axis, AxisDefinition, AxisKind } from "./coordinates/axis.ts";
export { type AxisInput, type Label, range, type UniformInput } from "./coordinates/axis-input.ts";
export type { CalendarName } from "./coordinates/calendar.ts";
export { type CanonicalValue, canonicalJson } from "./coordinates/canonical-json.ts";
export { Coordinates, type CoordinatesOptions } from "./coordinates/coordinates.ts";
export { DEFAULT_CRS, registerCrs, WGS84_WITH_HEIGHT } from "./coordinates/crs.ts";
export type { CoordinatesDefinition } from "./coordinates/definition.ts";
export { registerDimension, registeredDimensions } from "./coordinates/dimension.ts";
export { GroupCoordinates } from "./coordinates/group-coordinates.ts";
export { hashOf } from "./coordinates/hash.ts";
export type { Bounds } from "./coordinates/select.ts";
export {
  ArraysError,
  type ArraysErrorTag,
  CoordinateError,
  CrsError,
  DatasetError,
  DimensionalityError,
  ExportError,
  InvalidArgumentError,
  isArraysError,
  UnknownUnitError,
} from "./errors.ts";
