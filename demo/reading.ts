/** One thing to read: a box of an array, such as the map of one month or the time series at one place. */
export interface Reading {
  /** What a person calls it, `SST map 3`. */
  readonly name: string;
  /** Store below the URL, `coads_blosc.zarr`, or empty for the URL itself. */
  readonly store: string;
  /** Path of the array in its store. */
  readonly array: string;
  /** Per dimension an index, a `[start, stop]`, or null for all of it. */
  readonly selection: readonly (number | readonly [start: number, stop: number] | null)[];
}
