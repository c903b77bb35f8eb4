import { ConfigError } from "../config/config-error.ts";

/** The package for pipelines, which is installed where they are used. */
export type Nodes = typeof import("@zarr-cache/nodes");

/** Imports `@zarr-cache/nodes`; rejects with `ConfigError` where it is not installed. `place`: what asks for it. */
export async function loadNodes(
  place: string,
  load: () => Promise<Nodes> = () => import("@zarr-cache/nodes"),
): Promise<Nodes> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new ConfigError(place, ["needs a package: npm install @zarr-cache/nodes"], { cause: error });
  }
}
