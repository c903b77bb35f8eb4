import { join } from "node:path";
import { Coordinates, Dataset, range, type Selection, UnitsDataArray, writeZarr } from "@zarr-cache/arrays";
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

  it("keeps its stacks and bands for xarray", async () => {
    const store = join(await temporaryDirectory(), "stacked.zarr");
    const track = Coordinates.merge([
      Coordinates.grid({ lat_time: { lat: [5, 6, 7], time: ["2018-01-01", "2018-01-02", "2019-01-01"] } }),
      Coordinates.grid({ lon: [0, 10] }),
    ]);
    const data = Float64Array.from({ length: 12 }, (_, at) => at);
    const light = new UnitsDataArray(data, track, { name: "light", bands: ["red", "näher"], units: "W m-2" });
    await writeZarr(new FileSystemStore(store), "/", light, { format: 2, chunks: { lat_time: 2 } });
    const byName = new Map((await readWithXarray([{ store }])).map((answer) => [answer.name, answer]));
    expect(byName.get("light")).toMatchObject({ dims: ["lat_time", "lon", "band"], units: "W m-2" });
    expect(Array.from(byName.get("light")?.values ?? [])).toEqual(Array.from(data));
    expect(byName.get("time")).toMatchObject({ dims: ["lat_time"] });
    expect(Array.from(byName.get("time")?.values ?? [])).toEqual(Array.from(track.get("time")));
    expect(Array.from(byName.get("lat")?.values ?? [])).toEqual([5, 6, 7]);
    expect(byName.get("band")?.text).toEqual(["red", "näher"]);
  });

  it("is selected by date as xarray selects it", async () => {
    const store = join(await temporaryDirectory(), "daily.zarr");
    const grid = Coordinates.grid({ time: range("2018-01-01", "2019-03-01", "1,D"), lat: range(5, 0, -1) });
    const data = Float64Array.from({ length: grid.size }, (_, at) => at);
    const files = new FileSystemStore(store);
    await writeZarr(files, "/", new UnitsDataArray(data, grid, { name: "a" }), { format: 2 });
    const cases: [Selection, "nearest"?][] = [
      [{ time: "2018-02" }],
      [{ time: { start: "2018-12", stop: "2019" }, lat: { start: 4, stop: 2 } }],
      [{ time: ["2018-03-01", "2018-01-31"], lat: 3 }],
      [{ time: "2018-07-01T13:00", lat: [0.6, 4.9] }, "nearest"],
    ];
    const answers = await readWithXarray(
      cases.map(([sel, method]) => ({ store, variable: "a", sel, ...(method && { method }) })),
    );
    const lazy = (await Dataset.open(files)).get("a");
    for (const [at, [sel, method]] of cases.entries()) {
      const loaded = await lazy.sel(sel, method ? { method } : {}).load();
      expect([loaded.dims, Array.from(loaded.toTypedArray())]).toEqual([
        answers[at]?.dims,
        Array.from(answers[at]?.values ?? []),
      ]);
      for (const [dim, labels] of Object.entries(answers[at]?.labels ?? {}))
        expect(Array.from(loaded.coordinates.get(dim))).toEqual(labels);
    }
  });
});
