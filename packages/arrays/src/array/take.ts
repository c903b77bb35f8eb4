import { positionAxis } from "../coordinates/array-axis.ts";
import { Coordinates } from "../coordinates/coordinates.ts";
import { axisPart, type Part, partDims } from "../coordinates/part.ts";
import { allPicks, type Picks, pickAt, picksSize } from "../coordinates/picks.ts";
import { collapseUnits, isPerBand, unitsOfBand } from "../units/band-units.ts";
import { assertBands } from "./array-data.ts";
import { BAND, type Labelled } from "./labelled.ts";
import type { Chosen } from "./selection.ts";
import { takeStrided } from "./strided.ts";

/** An array at the positions that were chosen. */
export function takenOf(array: Labelled, chosen: ReadonlyMap<string, Chosen>): Labelled {
  const taken = takeStrided(
    array.values,
    array.dims.map((dim, at): Picks => chosen.get(dim)?.picks ?? allPicks(array.values.shape[at] as number)),
  );
  const kept = array.dims.flatMap((dim, at) => (chosen.get(dim)?.drop ? [] : [at]));
  const labelled = [...chosen].filter(([dim]) => dim !== BAND || !array.bands);
  const dropped = labelled.flatMap(([dim, { drop }]) => (drop ? [dim] : []));
  const labels = labelled.map(([dim, { picks }]) => [dim, picks]);
  const bandChoice = array.bands && chosen.get(BAND);
  const bands = bandChoice && array.bands ? pickedBands(array.bands, bandChoice.picks) : array.bands;
  return {
    values: {
      ...taken,
      shape: kept.map((at) => taken.shape[at] as number),
      stride: kept.map((at) => taken.stride[at] as number),
    },
    dims: kept.map((at) => array.dims[at] as string),
    coordinates: withoutDims(array.coordinates.take(Object.fromEntries(labels)), dropped),
    bands: bandChoice?.drop ? undefined : bands,
    units: bands ? unitsOfBands(array.units, bands) : array.units,
  };
}

/** The names of the bands at these positions; one that comes twice is an error. */
export function pickedBands(bands: readonly string[], picks: Picks): readonly string[] {
  return assertBands(Array.from({ length: picksSize(picks) }, (_, at) => bands[pickAt(picks, at)] as string));
}

/** The units of these bands alone. */
export function unitsOfBands(units: Labelled["units"], bands: readonly string[]): Labelled["units"] {
  if (!isPerBand(units)) return units;
  return collapseUnits(
    bands,
    bands.map((band) => unitsOfBand(units, band)),
  );
}

/** Without these dimensions. What is left of an n-d stack has no label of its own any more, and has its positions. */
export function withoutDims(coordinates: Coordinates, names: readonly string[]): Coordinates {
  const parts = coordinates.parts.flatMap((part): Part[] => {
    const dims = partDims(part);
    if (!dims.some((dim) => names.includes(dim))) return [part];
    return dims.flatMap((dim, at) =>
      names.includes(dim) ? [] : [axisPart(dim, positionAxis(part.shape[at] as number))],
    );
  });
  return Coordinates.of(parts, { crs: coordinates.crs, dimensions: "any" });
}
