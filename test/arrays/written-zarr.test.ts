import { join } from "node:path";
import { Coordinates, range, UnitsDataArray, writeZarr } from "@zarr-cache/arrays";
import FileSystemStore from "@zarrita/storage/fs";
import { describe, expect, it } from "vitest";
import { ensureDebianPackages } from "../support/debian-package.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { readWithXarray, XARRAY_PACKAGES } from "../support/xarray.ts";

const there = await ensureDebianPackages(...XARRAY_PACKAGES);

describe.skipIf(!there)("what is written as version 2", () => {
  it.each(["gzip", "none"] as const)("is read by xarray (%s)", async (compression) => {
    const store = join(await temporaryDirectory(), "written.zarr");
    const grid = Coordinates.grid({ time: range("2018-01-31", "2018-04-30", "1,M"), lat: [1.5, 2, 4] });
    const data = Float32Array.from({ length: 12 }, (_, at) => (at === 5 ? Number.NaN : at / 3));
    const speed = new UnitsDataArray(data, grid, { name: "speed", units: "m s-1" });
    const bytes = new UnitsDataArray(Int16Array.of(0, -7), Coordinates.grid({ lat: [1.5, 2] }), {
      name: "bytes",
    });
    await writeZarr(new FileSystemStore(store), "/", speed, {
      format: 2,
      compression,
      chunks: { time: 3, lat: 2 },
    });
    await writeZarr(new FileSystemStore(`${store}2`), "/", bytes, { format: 2, compression });
    const [one, other] = await readWithXarray([
      { store, variable: "speed" },
      { store: `${store}2`, variable: "bytes" },
    ]);
    expect(one).toMatchObject({
      dims: ["time", "lat"],
      dtype: "float32",
      units: "m s-1",
      labels: { time: Array.from(grid.get("time")), lat: [1.5, 2, 4] },
    });
    expect(Array.from(one?.values ?? [])).toEqual(Array.from(data));
    expect([other?.dtype, Array.from(other?.values ?? [])]).toEqual(["int16", [0, -7]]);
  });
});
