export { ChunkCache } from "./chunk-cache.ts";
export { openCache } from "./open-cache.ts";
export type { OpenCacheOptions } from "./open-cache-options.ts";
