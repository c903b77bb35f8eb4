import { Coordinates, Dataset, UnitsDataArray, writeZarr } from "@zarr-cache/arrays";
import { expect, it } from "vitest";

it("holds the result and the chunks under way, and no more", async () => {
  const rows = 64;
  const source = new Map<string, Uint8Array>();
  const grid = Coordinates.grid({
    lat: { start: 0, step: 1, size: rows },
    lon: { start: 0, step: 1, size: 16_384 },
  });
  const array = new UnitsDataArray(new Float32Array(grid.size), grid, { name: "a" });
  await writeZarr(source, "/", array, { chunks: { lat: 1, lon: 16_384 }, compression: "none", format: 2 });
  // What is under way is what has been handed out and not yet been used: decoding is done when progress is told.
  let [handedOut, used, most] = [0, 0, 0];
  const store = {
    async get(key: string) {
      if (key.startsWith("/a/")) most = Math.max(most, ++handedOut - used);
      return source.get(key)?.slice();
    },
  };
  const lazy = (await Dataset.open(store)).get("a");
  const options = { concurrency: 4, onProgress: () => (used += 1) };
  await lazy.mean("lat", options);
  expect([handedOut, most]).toEqual([rows, 4]);
  const loaded = await lazy.load(options);
  expect(loaded.toTypedArray().buffer.byteLength).toBe(rows * 16_384 * 4);
  expect([handedOut, most]).toEqual([2 * rows, 4]);
});
