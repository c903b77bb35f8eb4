// Compiled in the same empty project with library checks on and no Node types: the declarations stand on their own.
import type * as arrays from "@zarr-cache/arrays";

export type PublicNames = keyof typeof arrays;
