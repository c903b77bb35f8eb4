import { isPerBand, singleUnits } from "../units/band-units.ts";
import { raisedUnits } from "./change-units.ts";
import { BAND, type Labelled } from "./labelled.ts";
import {
  gather,
  quantileOf,
  type ReductionName,
  reducedDims,
  reducedSize,
  reduceStrided,
  targetStride,
} from "./reduction.ts";
import { inOrder, type NumericData } from "./strided.ts";
import { withoutDims } from "./take.ts";

/** The dimensions of a reduction: all unless told. */
export type Dims = string | readonly string[];

/** An array with dimensions reduced. */
export function reducedArray(array: Labelled, name: ReductionName, dims: Dims | undefined): Labelled {
  const over = reducedDims(array.dims, dims);
  const stride = targetStride(array.dims, array.values.shape, over);
  const size = reducedSize(array.dims, array.values.shape, over);
  return labelled(array, name, over, reduceStrided(name, array.values, stride, size));
}

/** The value below which `percent` of the values along dimensions lie. */
export function percentileArray(array: Labelled, percent: number, dims: Dims | undefined): Labelled {
  const over = reducedDims(array.dims, dims);
  const stride = targetStride(array.dims, array.values.shape, over);
  const lists = gather(array.values, stride, reducedSize(array.dims, array.values.shape, over));
  const data = Float64Array.from(lists, (list) => quantileOf(list, percent / 100));
  return labelled(array, "percentile", over, data);
}

function labelled(
  array: Labelled,
  name: ReductionName | "percentile",
  over: ReadonlySet<string>,
  data: NumericData,
): Labelled {
  const { dims, values, coordinates, bands } = array;
  const shape = values.shape.filter((_, at) => !over.has(dims[at] as string));
  return {
    values: inOrder(data, shape),
    dims: dims.filter((dim) => !over.has(dim)),
    coordinates: withoutDims(
      coordinates,
      [...over].filter((dim) => dim !== BAND || !bands),
    ),
    bands: over.has(BAND) ? undefined : bands,
    units: reducedUnits(array.units, name, over.has(BAND)),
  };
}

/** The units of a reduction; where bands of different units would mix, an error that asks for a selection. */
export function reducedUnits(
  units: Labelled["units"],
  name: ReductionName | "percentile",
  mixesBands: boolean,
): Labelled["units"] {
  if (name === "count" || name === "any" || name === "all") return undefined;
  const kept = mixesBands && isPerBand(units) ? singleUnits(units, name) : units;
  return name === "var" ? raisedUnits(kept, 2) : kept;
}
