import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { hashValues } from "../../../support/checksums.ts";
import { type Client, readEach } from "./client.ts";

const run = promisify(execFile);

const KINDS = { Float32: Float32Array, Float64: Float64Array, Int16: Int16Array, Int32: Int32Array };

/** Debian's GDAL: its Zarr driver over `/vsicurl/`, which asks for sizes and for ranges of 16 KiB. */
export const gdal: Client = {
  name: "GDAL",
  packages: ["gdal-bin"],
  fixtures: ["coads_blosc.zarr", "etopo_pyramid.zarr"],
  read: (stores) =>
    readEach(stores, async (url, array) => {
      // All values as text, with as many digits as tell one number from the next.
      const args = ["-detailed", "-array", array, `ZARR:"/vsicurl/${url}"`];
      const { stdout } = await run("gdalmdiminfo", args, {
        maxBuffer: 2 ** 26,
        env: { PATH: process.env["PATH"] },
      });
      const { datatype, values } = JSON.parse(stdout) as { datatype: keyof typeof KINDS; values: number[] };
      return hashValues({ data: KINDS[datatype].from(values.flat(Number.POSITIVE_INFINITY) as number[]) });
    }),
};
