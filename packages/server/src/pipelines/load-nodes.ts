import { loadInstalled } from "../config/load-installed.ts";

/** The package for pipelines, which is installed where they are used. */
export type Nodes = typeof import("@zarr-cache/nodes");

/** Imports `@zarr-cache/nodes`; rejects with `ConfigError` where it is not installed. `place`: what asks for it. */
export function loadNodes(
  place: string,
  load: () => Promise<Nodes> = () => import("@zarr-cache/nodes"),
): Promise<Nodes> {
  return loadInstalled(place, ["@zarr-cache/nodes"], load);
}
