import { Dataset, range, type UnitsDataArray } from "@zarr-cache/arrays";
import { describe, expect, it } from "vitest";
import * as zarr from "zarrita";
import {
  Arithmetic,
  Combine,
  FunctionSource,
  Interpolate,
  nodeStore,
  resource,
  ZarrSource,
} from "../src/index.ts";
import { counting, countingSource, grid, memoryStorage, nested, src, valuesAt } from "./support/example.ts";
import { writtenStore } from "./support/written-store.ts";

const coordinates = grid({
  time: range("2018-01-01", "2018-01-05", "1,D"),
  lat: { start: 0, step: 1, size: 4 },
});
const options = { coordinates, chunks: { time: 2, lat: 3 } };

const wave = (name = "wave", units = "K") => {
  const counted = counting(name, ([lat = 0, time = 0]) => lat + time / 86_400_000);
  return {
    ...counted,
    node: new FunctionSource({ fn: counted.fn, dims: ["time", "lat"], units, style: { name: "warm" } }),
  };
};

describe.each([2, 3, "both"] as const)("a node as a Zarr store of version %s", (format) => {
  it("is opened by name with labels and units, and has the values of eval", async () => {
    const { node } = wave();
    const dataset = await Dataset.open(nodeStore(node, { ...options, format }));
    expect([...dataset.variables.keys(), ...dataset.coords.keys()].toSorted()).toEqual([
      "data",
      "lat",
      "time",
    ]);
    const loaded = await dataset.get("data").load();
    const expected = await node.eval(coordinates);
    expect([
      loaded.dims,
      loaded.units,
      loaded.coordinates.equals(coordinates),
      loaded.attrs["style"],
    ]).toEqual([["time", "lat"], "K", true, { name: "warm" }]);
    expect(nested(loaded)).toEqual(nested(expected));
  });

  it("is read by zarrita", async () => {
    const store = nodeStore(wave().node, { ...options, format, dtype: "float32", compression: "gzip" });
    const array = await zarr.open(zarr.root(store).resolve("data"), { kind: "array" });
    expect([array.shape, array.chunks, array.dtype]).toEqual([[5, 4], [2, 3], "float32"]);
    const { data } = await zarr.get(array, [4, null]);
    expect(Array.from(data as Float32Array)).toEqual([0, 1, 2, 3].map((lat) => Math.fround(lat + 17_536)));
  });

  it("lists its keys, and has them all", async () => {
    const store = nodeStore(wave().node, { ...options, format });
    const keys: string[] = [];
    for await (const key of store.keys()) keys.push(key);
    expect(new Set(keys).size).toBe(keys.length);
    for (const key of keys) {
      expect(await store.has?.(key as "/")).toBe(true);
      expect(await store.get(key as "/")).toBeInstanceOf(Uint8Array);
    }
    for (const key of [
      "/data/c/3/0",
      "/data/3.0",
      "/data/c/0",
      "/data/0.0.0",
      "/data/c/00/0",
      "/data/c/-1/0",
      "/x",
      "/data/1e0.0",
    ])
      expect([key, await store.get(key as "/"), await store.has?.(key as "/")]).toEqual([
        key,
        undefined,
        false,
      ]);
  });
});

describe("a node as a Zarr store", () => {
  it("has bands, each with its unit", async () => {
    const node = new Combine({
      sources: { a: src(), b: new Arithmetic({ eqn: "A*A", operands: { A: src() } }) },
    });
    const lazy = (
      await Dataset.open(nodeStore(node, { coordinates: grid({ lat: [0, 1], lon: [10, 30] }) }))
    ).get("data");
    expect([lazy.dims, lazy.bands, lazy.units]).toEqual([
      ["lat", "lon", "band"],
      ["a", "b"],
      { a: "m", b: "m2" },
    ]);
    expect(nested(await lazy.load())).toEqual([
      [
        [0, 0],
        [2, 4],
      ],
      [
        [3, 9],
        [5, 25],
      ],
    ]);
  });

  it("has NaN where a source has no point, and leaves out dimensions that the node does not have", async () => {
    const store = nodeStore(src(), {
      coordinates: grid({ time: ["2018-01-01"], lat: [0, 5], lon: [10, 20] }),
    });
    const loaded = await (await Dataset.open(store)).get("data").load();
    expect([loaded.dims, nested(loaded)]).toEqual([
      ["lat", "lon"],
      [
        [0, 1],
        [NaN, NaN],
      ],
    ]);
  });

  it("has an identity of definition, grid, chunks, dtype and parameters", () => {
    const node = new Arithmetic({ eqn: "A * k", operands: { A: src() }, constants: { k: 1 } });
    const at = { coordinates: grid({ lat: [0, 1], lon: [10, 20] }) };
    const others = [
      nodeStore(src(), at),
      nodeStore(node, { coordinates: grid({ lat: [0, 1], lon: [10, 30] }) }),
      nodeStore(node, { coordinates: at.coordinates.transpose() }),
      nodeStore(node, { ...at, chunks: { lat: 1 } }),
      nodeStore(node, { ...at, dtype: "float32" }),
      nodeStore(node, { ...at, params: { Arithmetic: { k: 2 } } }),
    ].map(({ identity }) => identity);
    expect(new Set([nodeStore(node, at).identity, ...others]).size).toBe(7);
    expect(nodeStore(node, at).identity).toBe(nodeStore(node.using({}), at).identity);
  });

  it("computes a chunk once through a cache, and of a half-overlapping region only what is missing", async () => {
    const { node, asked } = wave();
    const store = node.cached(memoryStorage(), options);
    const lazy = (await Dataset.open(store)).get("data");
    await lazy.isel({ time: { start: 0, stop: 3 } }).load();
    expect(asked).toHaveLength(4);
    const loaded = await lazy.isel({ time: { start: 2, stop: 5 } }).load();
    expect(asked).toHaveLength(6);
    expect(loaded.size).toBe(12);
    await lazy.load();
    expect(asked).toHaveLength(6);
  });

  it("tells the time of an evaluation as its cost, and its versions as validator", async () => {
    let [version, clock] = ["a", 0];
    const fn = resource(
      "slow",
      (at: Parameters<typeof valuesAt>[0]) => {
        clock += 250;
        return valuesAt(at, () => 1);
      },
      { version: () => ({ validator: version, expiresAt: 60_000 }) },
    );
    const node = new FunctionSource(
      { fn, dims: ["lat"], units: "m" },
      { monotonic: () => clock, now: () => 0 },
    );
    const store = nodeStore(node, { coordinates: grid({ lat: [1, 2] }) });
    const answer = await store.read("/data/c/0");
    expect(answer).toMatchObject({
      status: "value",
      size: 16,
      cost: 250,
      freshness: { age: 0, freshFor: 60_000 },
    });
    const { validator = "" } = answer;
    expect(await store.read("/data/c/0", { ifNoneMatch: validator })).toMatchObject({ status: "unchanged" });
    expect(clock).toBe(250);
    version = "b";
    expect((await store.read("/data/c/0", { ifNoneMatch: validator })).status).toBe("value");
    await expect(store.read("/data/c/0", { ifMatch: validator })).rejects.toMatchObject({
      name: "SourceChangedError",
    });
    expect(await store.read("/data/c/0", { range: { offset: 8, length: 8 } })).toMatchObject({
      value: new Uint8Array(Float64Array.of(1).buffer),
    });
  });

  it("makes cached chunks again when a source changes, and only asks while it has not", async () => {
    let version = "a";
    const counted = counting("forecast");
    const fn = resource("forecast", counted.fn.value, { version: () => ({ validator: version }) });
    const node = new FunctionSource({ fn, dims: ["lat"], units: "m" });
    const store = node.cached(memoryStorage(), { coordinates: grid({ lat: [1, 2] }), recheck: 0 });
    await store.get("/data/c/0");
    await store.idle();
    await store.get("/data/c/0");
    expect(counted.asked).toHaveLength(1);
    version = "b";
    await store.get("/data/c/0");
    expect(counted.asked).toHaveLength(2);
  });

  it("serves an error, and keeps nothing, where a part of a chunk fails", async () => {
    const { node } = countingSource(["lat"]);
    const bad = {
      evaluate: async (task: {
        failed(failure: object): void;
        coordinates: never;
        local(at: never): Promise<UnitsDataArray>;
      }) => {
        task.failed({ coordinates: task.coordinates, error: new Error("lost") });
        return task.local(task.coordinates);
      },
    };
    const store = new FunctionSource({ fn: node.fn, dims: ["lat"], units: "m" }).cached(memoryStorage(), {
      coordinates: grid({ lat: [1] }),
      method: bad as never,
    });
    await expect(store.get("/data/c/0")).rejects.toThrow(/could not be evaluated/);
  });

  it("of a Zarr store is a Zarr store again", async () => {
    const source = new ZarrSource({ store: resource("s", await writtenStore()), variable: "a" });
    const fine = new Interpolate({ source, interpolation: "bilinear" });
    const store = fine.cached(memoryStorage(), {
      coordinates: grid({ lat: [0.5, 1], lon: [10, 15] }),
      name: "fine",
    });
    const lazy = (await Dataset.open(store)).get("fine");
    expect([nested(await lazy.load()), lazy.units]).toEqual([
      [
        [3, 3.5],
        [6, 6.5],
      ],
      "m",
    ]);
  });

  it.each([
    [{ dtype: "complex64" }, /dtype/],
    [{ format: 4 }, /format/],
    [{ name: "a/b" }, /name/],
    [{ chunk: {} }, /options.chunk/],
    [{ compression: "zip" }, /compression/],
    [{ recheck: -1 }, /recheck/],
  ])("refuses %j", (wrong, message) => {
    expect(() => nodeStore(src(), { coordinates, ...wrong } as never)).toThrow(message);
  });

  it("refuses chunks of other dimensions, unknown parameters, and the name of a dimension", async () => {
    const { node } = wave();
    expect(() => nodeStore(node, { coordinates, chunks: { lon: 2 } })).toThrow(/chunks.lon/);
    expect(() => nodeStore(node, { coordinates, params: { Wave: { k: 2 } } })).toThrow(/no node "Wave"/);
    await expect(nodeStore(node, { coordinates, name: "lat" }).get("/zarr.json")).rejects.toThrow(
      /named "lat"/,
    );
  });
});
