/** A decoded chunk as zarrita hands it out. */
export interface DecodedChunk {
  /** A typed array, one of zarrita's own array classes, or a plain array. */
  readonly data: unknown;
  readonly shape: number[];
  readonly stride: number[];
}

/** Options of a chunk read. */
export interface ChunkReadOptions {
  readonly signal?: AbortSignal;
}

/** What is used of a `zarr.Array`. */
export interface ZarrArray {
  readonly store: object;
  readonly path: string;
  readonly shape: readonly number[];
  readonly chunks: readonly number[];
  readonly dtype: string;
  readonly fillValue: unknown;
  getChunk(coords: number[], options?: ChunkReadOptions): Promise<DecodedChunk>;
}
