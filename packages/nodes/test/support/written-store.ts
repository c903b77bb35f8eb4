import { Coordinates, UnitsDataArray, writeZarr } from "@zarr-cache/arrays";

/** A Zarr group with the variable `a`: 4 × 6 on lat and lon, in chunks of 2 × 3, in metres. */
export async function writtenStore(scale = 1): Promise<Map<string, Uint8Array>> {
  const store = new Map<string, Uint8Array>();
  const grid = Coordinates.grid({ lat: [0, 1, 2, 3], lon: [10, 20, 30, 40, 50, 60] });
  const data = Float64Array.from({ length: grid.size }, (_, at) => at * scale);
  await writeZarr(store, "/", new UnitsDataArray(data, grid, { name: "a", units: "m" }), {
    chunks: { lat: 2, lon: 3 },
  });
  return store;
}
