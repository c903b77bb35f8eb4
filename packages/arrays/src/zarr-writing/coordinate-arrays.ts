import { BAND } from "../array/labelled.ts";
import type { UnitsDataArray } from "../array/units-data-array.ts";
import { type Axis, sameLabels } from "../coordinates/axis.ts";
import type { Coordinates } from "../coordinates/coordinates.ts";
import { crsFacts } from "../coordinates/crs.ts";
import { type Part, partDims } from "../coordinates/part.ts";
import { ExportError } from "../errors.ts";
import { own } from "../own.ts";

/** A coordinate variable: the labels of a dimension, or of one column of a stack. */
export interface CoordinateVariable {
  readonly name: string;
  readonly dims: readonly string[];
  readonly shape: readonly number[];
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly data: Float64Array | BigInt64Array<ArrayBuffer> | readonly string[];
  readonly dtype: "float64" | "int64" | "string";
}

const ATTRIBUTES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  lat: { standard_name: "latitude", units: "degrees_north" },
  lon: { standard_name: "longitude", units: "degrees_east" },
  time: { standard_name: "time" },
  alt: { standard_name: "altitude", units: "m", positive: "up" },
};

/** Those of a CRS that is not of degrees. */
const PROJECTED: typeof ATTRIBUTES = {
  ...ATTRIBUTES,
  lat: { standard_name: "projection_y_coordinate" },
  lon: { standard_name: "projection_x_coordinate" },
};

/** The coordinate variables of arrays that go into one file. A dimension that two label differently is an error. */
export function coordinateVariables(
  format: string,
  arrays: readonly Pick<UnitsDataArray, "coordinates" | "bands">[],
): CoordinateVariable[] {
  const labels = new Map<string, Axis>();
  const variables = new Map<string, CoordinateVariable>();
  for (const { coordinates, bands } of arrays) {
    for (const part of coordinates.parts)
      for (const [at, name] of part.names.entries()) {
        const axis = part.columns[at] as Axis;
        const before = labels.get(name);
        if (before && !sameLabels(before, axis))
          throw new ExportError(
            format,
            `two arrays label dimension "${name}" differently; write them to two groups`,
          );
        labels.set(name, axis);
        variables.set(name, variableOf(name, axis, part, coordinates));
      }
    if (bands)
      variables.set(BAND, {
        name: BAND,
        dims: [BAND],
        shape: [bands.length],
        attrs: {},
        data: bands,
        dtype: "string",
      });
  }
  return [...variables.values()];
}

/** Instants as whole milliseconds since 1970 of their calendar; NaN, and so float64, where one is missing. */
function variableOf(name: string, axis: Axis, part: Part, { crs }: Coordinates): CoordinateVariable {
  const shape = { name, dims: partDims(part), shape: [...part.shape] };
  const attrs = own(crsFacts(crs).geographic ? ATTRIBUTES : PROJECTED, name);
  if (axis.kind === "number") return { ...shape, attrs: attrs ?? {}, data: axis.values, dtype: "float64" };
  const time = { units: "milliseconds since 1970-01-01", calendar: axis.calendar };
  const times = { ...shape, attrs: { ...attrs, ...time } };
  if (axis.values.some(Number.isNaN)) return { ...times, data: axis.values, dtype: "float64" };
  return {
    ...times,
    data: BigInt64Array.from(axis.values, (ms) => BigInt(Math.round(ms))),
    dtype: "int64",
  };
}

/** The names of the coordinate variables that are not named as a dimension: those of stacks. */
export function auxiliaryNames({ coordinates }: Pick<UnitsDataArray, "coordinates">): string[] {
  return coordinates.parts.flatMap((part) => (part.names.length > 1 ? part.names : []));
}
