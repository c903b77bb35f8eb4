export { ChunkCache } from "./chunk-cache.ts";
export { type OpenCacheOptions, openCache } from "./open-cache.ts";
