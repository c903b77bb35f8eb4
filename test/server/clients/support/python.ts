import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Client, type Hashes, ZARR_2 } from "./client.ts";

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL("hash-arrays.py", import.meta.url));
const FSSPEC = ["python3-zarr", "python3-fsspec", "python3-aiohttp", "python3-requests"];

/** Debian's zarr-python, which reads the second version of the format, through fsspec. */
export const zarrPython = python("zarr-python over fsspec", "zarr", FSSPEC);

/** Debian's xarray. */
export const xarray = python("xarray", "xarray", [...FSSPEC, "python3-xarray"]);

function python(name: string, library: string, packages: readonly string[]): Client {
  return {
    name,
    packages,
    fixtures: ZARR_2,
    async read(stores) {
      const args = [SCRIPT, library, JSON.stringify(stores)];
      const { stdout } = await run("/usr/bin/python3", args, { env: { NO_PROXY: "*" } });
      return JSON.parse(stdout) as Hashes;
    },
  };
}
