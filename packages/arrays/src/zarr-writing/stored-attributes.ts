import type { Coordinates } from "../coordinates/coordinates.ts";
import { own } from "../own.ts";
import type { ArrayUnits } from "../units/band-units.ts";
import { BAND_UNITS, isPerBand } from "../units/band-units.ts";
import { auxiliaryNames } from "./coordinate-arrays.ts";

/** The attributes of a stored array: its own, and what xarray wants to know of units and auxiliary coordinates. */
export function storedAttributes(array: {
  readonly coordinates: Coordinates;
  readonly bands: readonly string[] | undefined;
  readonly units: ArrayUnits;
  readonly attrs: Readonly<Record<string, unknown>>;
}): Record<string, unknown> {
  const { units, bands = [], attrs, coordinates } = array;
  const auxiliary = auxiliaryNames(array);
  return {
    ...attrs,
    ...(typeof units === "string" && { units }),
    ...(isPerBand(units) && { [BAND_UNITS]: bands.map((band) => own(units, band) ?? "1") }),
    ...(auxiliary.length > 0 && { coordinates: auxiliary.join(" ") }),
    crs: coordinates.crs,
  };
}
