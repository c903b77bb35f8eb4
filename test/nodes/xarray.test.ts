import { join } from "node:path";
import { Coordinates, range, UnitsDataArray } from "@zarr-cache/arrays";
import { Arithmetic, ArraySource, Interpolate } from "@zarr-cache/nodes";
import { describe, expect, it, onTestFinished } from "vitest";
import { IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import { zarrDirectory } from "zarr-cache/node";
import { ensureDebianPackages } from "../support/debian-package.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { readWithXarray, XARRAY_PACKAGES } from "../support/xarray.ts";

const there = await ensureDebianPackages(...XARRAY_PACKAGES);

describe.skipIf(!there)("a pipeline as a Zarr store of version 2", () => {
  it("is read by xarray, values equal to eval", async () => {
    const native = Coordinates.grid({ time: range("2018-01-31", "2018-04-30", "1,M"), lat: [1, 2, 4] });
    const data = Float64Array.from({ length: 12 }, (_, at) => (at === 5 ? Number.NaN : at));
    const source = new ArraySource({ data: new UnitsDataArray(data, native, { units: "m s-1" }) });
    const speed = new Interpolate({ source, interpolation: "bilinear" });
    const node = new Arithmetic({ eqn: "3 * speed", operands: { speed } });
    const coordinates = Coordinates.grid({ lat: [1, 1.5, 3], time: ["2018-02-28", "2018-04-30"] });
    const storage = new IndexedCacheStorage(
      new MemoryStoreIndex({ maxBytes: "8 MB" }),
      new MemoryStoreOpener(),
    );
    onTestFinished(() => storage.close());
    const directory = join(await temporaryDirectory(), "pipeline.zarr");
    const store = node.cached(storage, { coordinates, chunks: { lat: 2 }, format: 2, name: "speed" });
    await store.export(zarrDirectory(directory), { pattern: "/**" });
    const [answer] = await readWithXarray([{ store: directory, variable: "speed" }]);
    expect(answer).toMatchObject({
      dims: ["lat", "time"],
      dtype: "float64",
      units: "m s-1",
      labels: { lat: [1, 1.5, 3], time: Array.from(coordinates.get("time")) },
    });
    expect(Array.from(answer?.values ?? [])).toEqual(
      Array.from((await node.eval(coordinates)).toTypedArray()),
    );
  });
});
