export type { ArrayData } from "./array/array-data.ts";
export type { ArrayJson } from "./array/array-json.ts";
export type { DType } from "./array/dtype.ts";
export type { PositionRange, PositionSelection } from "./array/position-selection.ts";
export type { Dims } from "./array/reduce-array.ts";
export type { ReductionName } from "./array/reduction.ts";
export type { LabelRange, LabelSelection, Selection, SelectionOptions } from "./array/selection.ts";
export type { NumericData, Strided } from "./array/strided.ts";
export { type ArrayOptions, UnitsDataArray } from "./array/units-data-array.ts";
export type { Axis, AxisDefinition, AxisKind } from "./coordinates/axis.ts";
export { type AxisInput, type Label, range, type UniformInput } from "./coordinates/axis-input.ts";
export type { CalendarName } from "./coordinates/calendar.ts";
export { type CanonicalValue, canonicalJson } from "./coordinates/canonical-json.ts";
export { Coordinates, type CoordinatesOptions } from "./coordinates/coordinates.ts";
export { DEFAULT_CRS, registerCrs, WGS84_WITH_HEIGHT } from "./coordinates/crs.ts";
export type { CoordinatesDefinition } from "./coordinates/definition.ts";
export { registerDimension, registeredDimensions } from "./coordinates/dimension-registry.ts";
export { GroupCoordinates } from "./coordinates/group-coordinates.ts";
export { hashOf } from "./coordinates/hash.ts";
export type { Bounds } from "./coordinates/select.ts";
export type { LoadOptions } from "./dataset/chunk-reading.ts";
export { Dataset, type OpenOptions } from "./dataset/dataset.ts";
export { LazyArray } from "./dataset/lazy-array.ts";
export type { ReadableStore } from "./dataset/readable-store.ts";
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
export type { ArrayUnits } from "./units/band-units.ts";
export { isConvertible } from "./units/unit.ts";
export { type Warmable, warm } from "./warm.ts";
export { type WritableStore, type WriteOptions, writeZarr } from "./zarr-writing/write-zarr.ts";
