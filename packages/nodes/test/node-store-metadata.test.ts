import { range } from "@zarr-cache/arrays";
import { describe, expect, it, onTestFinished } from "vitest";
import { IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import { Arithmetic, FunctionSource, nodeStore, resource } from "../src/index.ts";
import { counting, grid } from "./support/example.ts";

const coordinates = grid({
  time: range("2018-01-01", "2018-01-03", "1,D"),
  lat: { start: 0, step: 1, size: 4 },
});
const wave = () =>
  new FunctionSource({ fn: counting("wave").fn, dims: ["time", "lat"], units: "K", style: { name: "warm" } });

async function json(
  store: ReturnType<typeof nodeStore>,
  key: `/${string}`,
): Promise<ReturnType<typeof JSON.parse>> {
  const bytes = await store.get(key);
  return bytes && JSON.parse(new TextDecoder().decode(bytes));
}

describe("the metadata of a node as a Zarr store", () => {
  const options = { coordinates, chunks: { time: 2, lat: 3 } };

  it("are of version 3: zarr.json with dimension names, and the group has all of them", async () => {
    const store = nodeStore(wave(), options);
    const array = await json(store, "/data/zarr.json");
    expect(array).toMatchObject({
      zarr_format: 3,
      node_type: "array",
      shape: [3, 4],
      data_type: "float64",
      chunk_grid: { name: "regular", configuration: { chunk_shape: [2, 3] } },
      dimension_names: ["time", "lat"],
      attributes: { units: "K", style: { name: "warm" }, pipeline: wave().hash },
    });
    const group = await json(store, "/zarr.json");
    expect(group).toMatchObject({ zarr_format: 3, node_type: "group" });
    expect(group.consolidated_metadata.metadata.data).toEqual(array);
    expect(Object.keys(group.consolidated_metadata.metadata).sort()).toEqual(["data", "lat", "time"]);
    expect(await json(store, "/time/zarr.json")).toMatchObject({
      dimension_names: ["time"],
      attributes: { units: expect.stringMatching(/ since /), standard_name: "time" },
    });
  });

  it("are of version 2: .zarray, .zattrs with _ARRAY_DIMENSIONS, and .zmetadata with all of them", async () => {
    const store = nodeStore(wave(), options);
    const [zarray, zattrs] = [await json(store, "/data/.zarray"), await json(store, "/data/.zattrs")];
    expect(zarray).toMatchObject({ zarr_format: 2, shape: [3, 4], chunks: [2, 3], dtype: "<f8" });
    expect(zattrs).toMatchObject({ _ARRAY_DIMENSIONS: ["time", "lat"], units: "K" });
    const { zarr_consolidated_format, metadata } = await json(store, "/.zmetadata");
    expect(zarr_consolidated_format).toBe(1);
    expect(metadata["data/.zarray"]).toEqual(zarray);
    expect(metadata["data/.zattrs"]).toEqual(zattrs);
    expect(metadata[".zgroup"]).toEqual({ zarr_format: 2 });
    expect(metadata["lat/.zattrs"]).toMatchObject({
      _ARRAY_DIMENSIONS: ["lat"],
      units: "degrees_north",
      standard_name: "latitude",
    });
    expect(metadata["time/.zattrs"]).toMatchObject({ _ARRAY_DIMENSIONS: ["time"] });
  });

  it("are of one version alone where that is told", async () => {
    const [two, three] = [2, 3].map((format) => nodeStore(wave(), { coordinates, format: format as 2 | 3 }));
    expect([await two?.has("/data/zarr.json"), await two?.has("/.zmetadata")]).toEqual([false, true]);
    expect([await three?.has("/data/zarr.json"), await three?.has("/.zmetadata")]).toEqual([true, false]);
  });
});

describe("a node over two sources", () => {
  let versions = ["a", "1"];
  const ends = [90_000, 60_000];
  const source = (at: 0 | 1) =>
    new FunctionSource({
      fn: resource(`source ${at}`, counting().fn.value, {
        version: () => ({ validator: versions[at] as string, expiresAt: ends[at] as number }),
      }),
      dims: ["lat"],
      units: "m",
    });
  const store = () =>
    nodeStore(
      new Arithmetic(
        { eqn: "A + B", operands: { A: source(0), B: source(1) }, units: "m" },
        { now: () => 0 },
      ),
      { coordinates: grid({ lat: [1, 2] }), recheck: "1h" },
    );

  it("has a validator of both, and expires with the first", async () => {
    const validators = [];
    for (const each of [
      ["a", "1"],
      ["b", "1"],
      ["a", "2"],
      ["a", "1"],
    ]) {
      versions = each;
      const answer = await store().read("/data/c/0");
      expect(answer).toMatchObject({ status: "value", freshness: { age: 0, freshFor: 60_000 } });
      validators.push("validator" in answer && answer.validator);
    }
    expect(new Set(validators).size).toBe(3);
    expect(validators[3]).toBe(validators[0]);
  });
});

it("the time of an evaluation is the cost of its entry", async () => {
  let clock = 0;
  const fn = resource("slow", ({ size }: { readonly size: number }) => {
    clock += 250;
    return new Float64Array(size);
  });
  const node = new FunctionSource({ fn, dims: ["lat"], units: "m" }, { monotonic: () => clock });
  const storage = new IndexedCacheStorage(
    new MemoryStoreIndex({ maxBytes: "1 MB" }),
    new MemoryStoreOpener(),
  );
  onTestFinished(() => storage.close());
  const store = node.cached(storage, { coordinates: grid({ lat: [1, 2] }), storeId: "slow" });
  await store.get("/data/c/0");
  await store.get("/lat/c/0");
  await store.idle();
  const { entries } = await storage.entries({ storeId: "slow" });
  expect(Object.fromEntries(entries.map(({ key, cost }) => [key, cost]))).toEqual({
    "/data/c/0": 250,
    "/lat/c/0": 0,
  });
});
