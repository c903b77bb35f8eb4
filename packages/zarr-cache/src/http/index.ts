export { type CoalesceOptions, coalesceRanges } from "./coalesce-ranges.ts";
export { HttpSource } from "./http-source.ts";
export type { RedirectPolicy } from "./redirects.ts";
export type { HttpRetries, HttpSourceOptions, HttpTimeouts } from "./request-settings.ts";
