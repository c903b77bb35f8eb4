export { type DrainOptions, type DrainReport, drainLocation } from "./drain-location.ts";
export { LocatedStoreOpener, type StoreLocation } from "./located-store-opener.ts";
