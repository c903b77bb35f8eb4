import { loadInstalled } from "../config/load-installed.ts";

/** The package for regions, which is installed where they are used. */
export type Regions = typeof import("@zarr-cache/regions");

/** Imports `@zarr-cache/regions`; rejects with `ConfigError` where it is not installed. */
export function loadRegions(
  load: () => Promise<Regions> = () => import("@zarr-cache/regions"),
): Promise<Regions> {
  return loadInstalled("region", ["@zarr-cache/regions"], load);
}
