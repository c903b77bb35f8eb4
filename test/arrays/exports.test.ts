import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Coordinates, range, UnitsDataArray } from "@zarr-cache/arrays";
import { toCSV, toGeoTIFF } from "@zarr-cache/arrays/export";
import { toPNG } from "@zarr-cache/arrays/picture";
import { describe, expect, it } from "vitest";
import { ensureDebianPackages } from "../support/debian-package.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const there = await ensureDebianPackages("python3-gdal");
const SCRIPT = fileURLToPath(new URL("../support/read-exported.py", import.meta.url));

/** What GDAL, or Python's csv, reads in a file of these bytes. */
async function readBack(name: string, bytes: Uint8Array | string): Promise<unknown> {
  const path = join(await temporaryDirectory(), name);
  await writeFile(path, bytes);
  const { stdout } = await promisify(execFile)("/usr/bin/python3", [SCRIPT, path]);
  return JSON.parse(stdout);
}

const grid = Coordinates.grid({ lat: range(50, 51, 0.5), lon: [10, 20] });
const depth = new UnitsDataArray([0, 1, 2, Number.NaN, 4, 5.5], grid, { units: "m", name: "depth" });

describe.skipIf(!there)("GDAL", () => {
  it("reads a GeoTIFF in its place, north up, with what is missing", async () => {
    expect(await readBack("depth.tif", toGeoTIFF(depth))).toEqual({
      driver: "GTiff",
      size: [2, 3],
      geotransform: [5, 10, 0, 51.25, 0, -0.5],
      code: "4326",
      bands: [{ type: "Float32", missing: "nan", values: [4, 5.5, 2, "nan", 0, 1] }],
    });
  });

  it("reads the bands of a GeoTIFF in a projection", async () => {
    const metres = Coordinates.grid({ lat: [0, 100], lon: [0, 50, 100] }, { crs: "EPSG:3857" });
    const bands = new UnitsDataArray(
      Float64Array.from({ length: 12 }, (_, at) => at),
      metres,
      { bands: ["red", "nir"] },
    );
    expect(await readBack("bands.tif", toGeoTIFF(bands.transpose("band", "lon", "lat")))).toMatchObject({
      geotransform: [-25, 50, 0, 150, 0, -100],
      code: "3857",
      bands: [{ values: [6, 8, 10, 0, 2, 4] }, { values: [7, 9, 11, 1, 3, 5] }],
    });
  });

  it("reads a PNG: a pixel for each value, north up, clear where nothing is", async () => {
    const levels = [0, 1, 2, Number.NaN, 4, 5];
    const picture = toPNG(new UnitsDataArray(levels, grid), { colorMap: "viridis" });
    const read = (await readBack("picture.png", picture)) as { bands: { values: number[] }[] };
    expect(read).toMatchObject({ driver: "PNG", size: [2, 3] });
    const pixel = (at: number) => read.bands.map(({ values }) => values[at]);
    // The ends of matplotlib's viridis: 4 5 / 2 NaN / 0 1.
    expect([pixel(4), pixel(1)]).toEqual([
      [68, 1, 84, 255],
      [253, 231, 37, 255],
    ]);
    expect(read.bands[3]?.values).toEqual([255, 255, 255, 0, 255, 255]);
  });

  it("reads bands as red, green, blue and opacity", async () => {
    const colors = Uint8Array.from({ length: 24 }, (_, at) => at * 11);
    const picture = toPNG(new UnitsDataArray(colors, grid, { bands: ["r", "g", "b", "a"] }), {
      limits: [0, 255],
    });
    const north = [4, 5, 2, 3, 0, 1];
    expect(await readBack("colors.png", picture)).toMatchObject({
      bands: [0, 1, 2, 3].map((band) => ({ type: "Byte", values: north.map((at) => colors[at * 4 + band]) })),
    });
  });
});

it.skipIf(!there)("Python reads a CSV with its labels, quotes and gaps", async () => {
  const points = Coordinates.merge([
    Coordinates.points({ lat: [0.5, 1], lon: [5, 6] }),
    Coordinates.grid({ time: ["2018-01-01", "2018-02-01"] }),
  ]);
  const speed = new UnitsDataArray([1, Number.NaN, 0.1, 1e21], points, {
    name: 'wind, "gusts"',
    units: "m s-1",
  });
  expect(await readBack("speed.csv", toCSV(speed))).toEqual([
    ["lat", "lon", "time", 'wind, "gusts" [m s-1]'],
    ["0.5", "5", "2018-01-01", "1"],
    ["0.5", "5", "2018-02-01", ""],
    ["1", "6", "2018-01-01", "0.1"],
    ["1", "6", "2018-02-01", "1e+21"],
  ]);
});
