import { ConfigError } from "../config/config-error.ts";

/** The package for regions, which is installed where they are used. */
export type Regions = typeof import("@zarr-cache/regions");

/** Imports `@zarr-cache/regions`; rejects with `ConfigError` where it is not installed. */
export async function loadRegions(
  load: () => Promise<Regions> = () => import("@zarr-cache/regions"),
): Promise<Regions> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new ConfigError("region", ["needs a package: npm install @zarr-cache/regions"], { cause: error });
  }
}
