export { ChunkCache } from "./chunk-cache.ts";
export { openCache } from "./open-cache.ts";
export type { OpenCacheOptions } from "./open-cache-options.ts";
export { type ZarrDirectory, zarrDirectory } from "./zarr-directory.ts";
export { readTar, type TarWriter, tarWriter } from "./zarr-tar.ts";
