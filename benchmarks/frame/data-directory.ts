import { fileURLToPath } from "node:url";

/** Where data that the project does not carry lies: `ZARR_CACHE_DATA`, else `../shared/data` beside the project. */
export function dataDirectory(): string {
  return process.env["ZARR_CACHE_DATA"] ?? fileURLToPath(new URL("../../../shared/data", import.meta.url));
}
