export type { DecodedChunkOptions } from "./decoded-chunk-options.ts";
export type { DecodedChunkStatistics } from "./decoded-chunk-statistics.ts";
export { cacheDecodedChunks, DecodedChunks } from "./decoded-chunks.ts";
export type { DecodedChunk, ZarrArray } from "./zarr-array.ts";
