import { CoordinateError } from "../errors.ts";
import { own } from "../own.ts";
import type { Units } from "./unit.ts";

/** One unit for a whole array, or one for each band by its label. */
export type ArrayUnits = Units | Readonly<Record<string, string>>;

/** The attribute of a stored array that lists the units of its bands, in their order, where they differ. */
export const BAND_UNITS = "band_units";

/** Whether bands have units of their own. */
export function isPerBand(units: ArrayUnits): units is Readonly<Record<string, string>> {
  return typeof units === "object";
}

/** Units in one line: that of all, or those of the bands by their names. */
export function showUnits(units: ArrayUnits): Units {
  return isPerBand(units) ? listedUnits(units) : units;
}

function listedUnits(units: Readonly<Record<string, string>>): string {
  return Object.entries(units)
    .map(([band, unit]) => `${band}: ${unit}`)
    .join(", ");
}

/** The unit of one band. */
export function unitsOfBand(units: ArrayUnits, band: string): Units {
  return isPerBand(units) ? own(units, band) : units;
}

/** The one unit of an array; bands with units of their own are an error that asks for a selection. */
export function singleUnits(units: ArrayUnits, operation: string): Units {
  if (!isPerBand(units)) return units;
  const each = [...new Set(Object.values(units))];
  if (each.length === 1) return each[0];
  throw new CoordinateError(
    `${operation} would mix bands of different units (${listedUnits(units)}); select a band first`,
  );
}

/** One unit where all bands have the same, else the map. */
export function collapseUnits(bands: readonly string[], units: readonly Units[]): ArrayUnits {
  const [first] = units;
  if (units.every((each) => each === first)) return first;
  return Object.fromEntries(bands.map((band, at) => [band, units[at] ?? "1"]));
}
