export { ChunkCache } from "./chunk-cache.ts";
export { openCache } from "./open-cache.ts";
export type { OpenCacheOptions } from "./open-cache-options.ts";
export { readTar } from "./tar-reader.ts";
export { type TarWriter, tarWriter } from "./tar-writer.ts";
export { type ZarrDirectory, zarrDirectory } from "./zarr-directory.ts";
