import { Coordinates, Dataset, range, UnitsDataArray, warm, writeZarr } from "@zarr-cache/arrays";
import { describe, expect, it, onTestFinished } from "vitest";
import { CachedStore, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import { hashValues } from "../support/checksums.ts";
import { allDataSets } from "../support/data-sets.ts";
import { recording } from "../support/recording-source.ts";

const sharded = allDataSets().filter(({ name }) => name.includes("sharded_v3"));

describe.each(sharded)("$name", (dataSet) => {
  it("reads what the checksums say, dimensions named by version 3", async () => {
    const dataset = await Dataset.open(dataSet.open());
    for (const [name, facts] of Object.entries(dataSet.arrays)) {
      const loaded = await dataset.get(name).load();
      expect([loaded.dims, loaded.shape]).toEqual([["time", "lat", "lon"], facts.shape]);
      expect(hashValues({ data: loaded.toTypedArray() })).toBe(facts.sha256);
    }
  });

  it("reads of a shard its index and the inner chunks that a slice touches, as ranges", async () => {
    const source = recording(dataSet.open());
    const lazy = (await Dataset.open(source))
      .get("UWND")
      .isel({ time: { start: 10, stop: 12 }, lat: 0, lon: 3 });
    source.reads.length = 0;
    await lazy.load();
    expect(lazy.chunkCount).toBe(2);
    expect(source.reads.filter((read) => read.includes(" -"))).toHaveLength(1);
    expect(source.reads.filter((read) => / \d+\+\d+$/.test(read))).toHaveLength(2);
    expect(source.reads.filter((read) => /\/c\/[\d/]+$/.test(read))).toEqual([]);
  });
});

it("warms by label what a selection will read, and no other chunk", async () => {
  const map = new Map<string, Uint8Array>();
  const grid = Coordinates.grid({ time: range("2018-01-01", "2018-01-31", "1,D"), lat: range(50, 41, -1) });
  await writeZarr(map, "/", UnitsDataArray.create(grid, 1, { name: "a" }), { chunks: { time: 10, lat: 4 } });
  const source = recording(map);
  const storage = new IndexedCacheStorage(
    new MemoryStoreIndex({ maxBytes: "8 MB" }),
    new MemoryStoreOpener(),
  );
  onTestFinished(() => storage.close());
  const store = new CachedStore(source, "warmed", storage);
  const selection = (await Dataset.open(store))
    .get("a")
    .sel({ time: { start: "2018-01-09", stop: "2018-01-12" }, lat: [47, 49] });
  source.reads.length = 0;
  await warm(store, selection);
  expect(source.reads.filter((key) => key.includes("/c/")).toSorted()).toEqual(["/a/c/0/0", "/a/c/1/0"]);
  source.reads.length = 0;
  expect((await selection.load()).shape).toEqual([4, 2]);
  expect(source.reads).toEqual([]);
});

it("opens a group that is not consolidated, through a cache that lists its source", async () => {
  const source = new Map<string, Uint8Array>();
  const array = new UnitsDataArray([1, 2], Coordinates.grid({ lat: [5, 6] }), { name: "a" });
  await writeZarr(source, "/g", array, { format: 2 });
  source.delete("/g/.zmetadata");
  const storage = new IndexedCacheStorage(
    new MemoryStoreIndex({ maxBytes: "8 MB" }),
    new MemoryStoreOpener(),
  );
  onTestFinished(() => storage.close());
  const dataset = await Dataset.open(new CachedStore(source, "group", storage), "/g");
  expect([...dataset.variables.keys(), ...dataset.coords.keys()]).toEqual(["a", "lat"]);
  expect((await dataset.get("a").sel({ lat: 6 }).load()).item()).toBe(2);
  const blind = new CachedStore({ get: (key: string) => source.get(key) }, "blind", storage);
  await expect(Dataset.open(blind, "/g")).rejects.toThrow(/cannot list; name its arrays/);
});
