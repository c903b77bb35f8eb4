/** What coordinates and arrays are made of, for packages that build on them. */

export { dtypeOf, zeros } from "../array/dtype.ts";
export { BAND, type Labelled } from "../array/labelled.ts";
export {
  eachRow,
  inOrder,
  type NumericData,
  ordered,
  type Strided,
  sizeOf,
  stridesOf,
} from "../array/strided.ts";
export { ArrayAxis } from "../coordinates/array-axis.ts";
export { type Axis, axisBounds, sameLabels } from "../coordinates/axis.ts";
export { dateOf } from "../coordinates/calendar.ts";
export { crsFacts } from "../coordinates/crs.ts";
export { DAY_MS, formatInstant } from "../coordinates/instant.ts";
export { axisPart, isStacked, type Part, partDims, takePart } from "../coordinates/part.ts";
export { allPicks, type Picks, pickAt, picksOf, picksSize } from "../coordinates/picks.ts";
export { simplifyAxis } from "../coordinates/simplify.ts";
export { lengthOf, parseTimeStep, stepFrom } from "../coordinates/time-step.ts";
export { UniformAxis } from "../coordinates/uniform-axis.ts";
export { conversion, multiplyUnits, powerOfUnits, type Units } from "../units/unit.ts";
export {
  type VirtualArray,
  virtualChunk,
  virtualChunkBytes,
  virtualChunkKeys,
  virtualKeys,
} from "../zarr-writing/virtual-array.ts";
