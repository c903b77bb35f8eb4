// Compiled in the same empty project with library checks on and no Node types: the declarations of the root entry
// stand on their own, whatever else is installed.
import type * as cache from "zarr-cache";

export type PublicNames = keyof typeof cache;
