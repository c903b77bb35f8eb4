import type { Coordinates } from "../coordinates/coordinates.ts";
import type { ArrayUnits } from "../units/band-units.ts";
import type { Strided } from "./strided.ts";

/** The dimension whose labels are names, such as `red`, and which has no place in coordinates. */
export const BAND = "band";

/** Everything that an array is made of. */
export interface Labelled {
  readonly values: Strided;
  /** In the order of the values; those of the coordinates in their order, and `band` anywhere. */
  readonly dims: readonly string[];
  readonly coordinates: Coordinates;
  readonly bands: readonly string[] | undefined;
  readonly units: ArrayUnits;
}
