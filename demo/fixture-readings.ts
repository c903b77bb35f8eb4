import type { Reading } from "./reading.ts";

const MONTHS = 12;
const WIND_MONTHS = 88;

/** Some places of the grids, as [row, column]. */
const PLACES = [
  [45, 10],
  [30, 140],
  [62, 95],
  [50, 120],
] as const;

/**
 * What somebody does who looks at the demo's data: turns the pages of a year of sea-surface temperature, asks for the
 * series at some places, and does the same with seven years of wind.
 */
export function fixtureReadings(): Reading[] {
  const temperature = { store: "coads_blosc.zarr", array: "SST" };
  const wind = { store: "navy_winds_sharded_v3.zarr", array: "UWND" };
  return [
    ...everyNth(MONTHS, 1).map((month) => ({
      ...temperature,
      name: `temperature, map of month ${month + 1}`,
      selection: [month, null, null],
    })),
    ...PLACES.map(([row, column]) => ({
      ...temperature,
      name: `temperature, year at ${row}, ${column}`,
      selection: [null, row, column],
    })),
    ...everyNth(WIND_MONTHS, 4).map((month) => ({
      ...wind,
      name: `wind, map of month ${month + 1}`,
      selection: [month, null, null],
    })),
    ...PLACES.map(([row, column]) => ({
      ...wind,
      name: `wind, series at ${row}, ${column}`,
      selection: [null, row, column],
    })),
  ];
}

function everyNth(size: number, step: number): number[] {
  return Array.from({ length: Math.ceil(size / step) }, (_, index) => index * step);
}
