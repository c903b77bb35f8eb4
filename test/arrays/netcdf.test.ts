import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Coordinates, range, UnitsDataArray } from "@zarr-cache/arrays";
import { toNetCDF } from "@zarr-cache/arrays/export";
import { expect, it } from "vitest";
import { ensureDebianPackages } from "../support/debian-package.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { readWithXarray, XARRAY_PACKAGES } from "../support/xarray.ts";

const there = await ensureDebianPackages(...XARRAY_PACKAGES);

it.skipIf(!there)("writes NetCDF-3 that python's netCDF4 reads through xarray", async () => {
  const grid = Coordinates.grid({ time: range("2018-01-31", "2018-03-31", "1,M"), lat: [1.5, 2, 4] });
  const data = Float32Array.from({ length: 9 }, (_, at) => (at === 5 ? Number.NaN : at / 3));
  const speed = new UnitsDataArray(data, grid, {
    name: "speed",
    units: "m s-1",
    attrs: { long_name: "Speed", valid_max: 9, valid_range: [0, 9] },
  });
  const counts = new UnitsDataArray(Int16Array.of(1, -2, 3), grid.drop("time"), { name: "counts" });
  const store = join(await temporaryDirectory(), "written.nc");
  await writeFile(store, toNetCDF([speed, counts], { title: "Test" }));
  const answers = await readWithXarray([{ store }]);
  const byName = new Map(answers.map((answer) => [answer.name, answer]));
  expect(byName.get("speed")).toMatchObject({
    dims: ["time", "lat"],
    dtype: "float32",
    units: "m s-1",
    attrs: { valid_max: 9, valid_range: [0, 9], crs: "EPSG:4326" },
    labels: { time: Array.from(grid.get("time")), lat: [1.5, 2, 4] },
  });
  expect(Array.from(byName.get("speed")?.values ?? [])).toEqual(Array.from(data));
  expect([byName.get("counts")?.dtype, Array.from(byName.get("counts")?.values ?? [])]).toEqual([
    "int16",
    [1, -2, 3],
  ]);
});
