import { type Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { describe, expect, it, onTestFinished } from "vitest";
import { IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import { ResultStore } from "zarr-cache/memo";
import {
  Arithmetic,
  type AttributeDeclarations,
  createRegistry,
  type EvalContext,
  Interpolate,
  isNodesError,
  Node,
  type PipelineDefinition,
} from "../src/index.ts";
import { grid, memoryStorage, nested, src } from "./support/example.ts";

const missing = { name: "NodeCacheError" };

describe("getCache, putCache, hasCache, delCache", () => {
  const at = grid({ lat: [0, 1], lon: [10, 20, 30] });

  it("work on the same storage as eval", async () => {
    const node = new Interpolate({ source: src() }, { cache: memoryStorage() });
    await expect(node.getCache("output", at)).rejects.toMatchObject(missing);
    expect(await node.hasCache("output", at)).toBe(false);
    const out = await node.eval(at);
    expect(await node.hasCache("output", at)).toBe(true);
    const found = await node.getCache("output", at.transpose());
    expect([found.dims, found.units]).toEqual([["lon", "lat"], "m"]);
    expect(nested(await node.getCache("output", grid({ lat: [1], lon: [30, 10] })))).toEqual([[5, 3]]);
    await node.delCache("output", at);
    await expect(node.getCache("output", at)).rejects.toMatchObject(missing);
    expect(nested(await node.getCache("output", at, { evaluate: true }))).toEqual(nested(out));
    await node.putCache("output", at, out.mul(2));
    expect(nested(await node.eval(at))).toEqual(nested(out.mul(2)));
    await expect(node.putCache("output", at, out, { overwrite: false })).rejects.toThrow(
      /overwrite is false/,
    );
  });

  it("keep every kind of result with its type", async () => {
    const node = src().using({ cache: memoryStorage() });
    const array = UnitsDataArray.create(at, 2, { units: "m", bands: ["a"], name: "x" });
    await node.putCache("array", at, array);
    expect((await node.getCache("array", at)) as UnitsDataArray).toBeInstanceOf(UnitsDataArray);
    expect(((await node.getCache("array", at)) as UnitsDataArray).toJSON()).toEqual(array.toJSON());
    await node.putCache("plain", undefined, {
      data: Int16Array.of(1, 2, 3, 4, 5, 6),
      shape: [3, 2],
      stride: [1, 3],
      offset: 0,
    });
    expect(await node.getCache("plain")).toEqual({
      data: Int16Array.of(1, 4, 2, 5, 3, 6),
      shape: [3, 2],
      stride: [2, 1],
      offset: 0,
    });
    await node.putCache("node", undefined, node);
    const definition = (await node.getCache("node")) as PipelineDefinition;
    expect(Node.fromDefinition(definition, createRegistry()).hash).toBe(node.hash);
    await node.putCache("json", undefined, { deep: [1, null, "x"] });
    expect(await node.getCache("json")).toEqual({ deep: [1, null, "x"] });
    const tiff = Uint8Array.of(0x49, 0x49, 0x2a, 0);
    await node.putCache("tiff", at, tiff);
    expect(await node.getCache("tiff", at)).toEqual(tiff);
    await expect(node.putCache("x", undefined, new Map() as never)).rejects.toMatchObject(missing);
    await expect(node.putCache("a/b", undefined, 1)).rejects.toThrow(/"key"/);
  });

  it("keep a key with coordinates and one without apart, and delete by star", async () => {
    const node = src().using({ cache: memoryStorage() });
    await node.putCache("k", undefined, 1);
    await node.putCache("k", at, 2);
    await node.putCache("l", at, 3);
    expect([await node.getCache("k"), await node.getCache("k", at)]).toEqual([1, 2]);
    await node.delCache("k");
    expect([await node.hasCache("k"), await node.hasCache("k", at)]).toEqual([false, true]);
    await node.delCache("k", "*");
    expect([await node.hasCache("k", at), await node.hasCache("l", at)]).toEqual([false, true]);
    await node.delCache("*");
    expect(await node.hasCache("l", at)).toBe(false);
  });

  it("drop what is kept for coordinates under any key, and of outputs those of parameters", async () => {
    const node = new Arithmetic({ eqn: "k * A", operands: { A: src() }, constants: { k: 1 } }).using({
      cache: memoryStorage(),
    });
    const params = { Arithmetic: { k: 5 } };
    await node.eval(at, { params });
    expect(await node.hasCache("output", at)).toBe(false);
    await node.delCache("output", at, { params });
    expect(await node.hasCache("output", at, { params })).toBe(false);
    await node.eval(at);
    await node.eval(at, { params });
    await node.putCache("k", at, 1);
    await node.putCache("k", undefined, 2);
    await node.putCache("k", grid({ lat: [0] }), 3);
    await node.delCache("*", at);
    const kept = [
      await node.hasCache("output", at),
      await node.hasCache("output", at, { params }),
      await node.hasCache("k", at),
      await node.hasCache("k"),
      await node.hasCache("k", grid({ lat: [0] })),
    ];
    expect(kept).toEqual([false, false, false, true, true]);
  });

  it("compute what is absent where they are told how, and keep it", async () => {
    const node = src().using({ cache: memoryStorage() });
    let made = 0;
    const evaluate = () => ({ made: ++made });
    for (let turn = 0; turn < 2; turn++)
      expect(await node.getCache("index", at, { evaluate })).toEqual({ made: 1 });
    await expect(node.getCache("other", at, { evaluate: true })).rejects.toMatchObject(missing);
  });

  it("17: end when they are told to, and a sweep removes the expired", async () => {
    let now = Date.UTC(2018, 0, 1);
    const storage = new IndexedCacheStorage(
      new MemoryStoreIndex({ maxBytes: "8 MB", clock: () => now }),
      new MemoryStoreOpener(),
    );
    onTestFinished(() => storage.close());
    const node = src().using({ cache: storage, now: () => now });
    const kept = async (expires: string | number | Date) => {
      await node.putCache("k", undefined, 1, { expires });
      return node.hasCache("k");
    };
    expect([await kept("1,D"), await kept("-1,D"), await kept(1000), await kept(-1000)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect([
      await kept("2018-01-02"),
      await kept("2017-12-31T00:00:00Z"),
      await kept(new Date(now + 1)),
    ]).toEqual([true, false, true]);
    await expect(kept("soon")).rejects.toThrow(/expires/);
    await node.putCache("day", undefined, 1, { expires: "1,D" });
    await node.putCache("ever", undefined, 1);
    now += 2 * 86_400_000;
    expect([await node.hasCache("day"), await node.hasCache("ever")]).toEqual([false, true]);
    await expect(node.getCache("day")).rejects.toMatchObject(missing);
    expect(await node.sweepCache()).toBe(2);
    expect((await storage.entries()).entries.map(({ key }) => key.split("/")[2])).toEqual(["ever"]);
  });

  it("are swept to the last, however many they are", async () => {
    let now = Date.UTC(2018, 0, 1);
    const index = new MemoryStoreIndex({ maxBytes: "8 MB", clock: () => now });
    const storage = new IndexedCacheStorage(index, new MemoryStoreOpener());
    onTestFinished(() => storage.close());
    const node = src().using({ cache: storage, now: () => now });
    const keep = (lat: number) =>
      node.putCache("k", grid({ lat }), lat, { expires: lat === 7 ? "3,D" : "1,D" });
    for (let lat = 0; lat < 1100; lat++) await keep(lat);
    now += 2 * 86_400_000;
    expect(await node.sweepCache()).toBe(1099);
    expect((await node.cacheEntries()).map(({ coordinates }) => coordinates?.bounds)).toEqual([
      { lat: [7, 7] },
    ]);
  });

  it("say where there is no cache", async () => {
    const error: unknown = await src()
      .getCache("k")
      .catch((reason: unknown) => reason);
    expect(isNodesError(error, "NodeCacheError")).toBe(true);
    expect(String(error)).toMatch(/has no cache: node.using/);
  });
});

it("cacheEntries lists every stage of the pipeline, and reads each back", async () => {
  const node = new Arithmetic({
    eqn: "A + B",
    operands: { A: src(), B: new Interpolate({ source: src() }) },
  }).using({
    cache: memoryStorage(),
  });
  const at = grid({ lat: [0], lon: [20] });
  await node.eval(at);
  const entries = await node.cacheEntries();
  expect(entries.map(({ address, key, coordinates }) => [address, key, coordinates?.equals(at)])).toEqual([
    ["Array", "output", true],
    ["Interpolate", "output", true],
    ["Arithmetic", "output", true],
  ]);
  expect(
    await Promise.all(entries.map(async (entry) => nested((await entry.read()) as UnitsDataArray))),
  ).toEqual([[[1]], [[1]], [[2]]]);
  expect(entries.every(({ size, age }) => size > 0 && age >= 0)).toBe(true);
  expect(await node.cachePath("output", at)).toContain(`nodes/${node.identity}/output/`);
  expect(node.cacheDir).toBe(`nodes/${node.identity}`);
});

it("cacheEntries passes over what cannot be read", async () => {
  const storage = memoryStorage();
  const node = src().using({ cache: storage });
  await node.putCache("k", undefined, 1);
  const bytes = Uint8Array.of(255, 255, 255, 255, 1);
  const store = ResultStore.of(storage, "nodes");
  await store.put(`/${node.identity}/odd/none`, { bytes, cost: 1, expiresAt: Number.POSITIVE_INFINITY });
  expect((await node.cacheEntries()).map(({ key }) => key)).toEqual(["k"]);
});

it("cachedProperty is found once for all nodes that are equal", async () => {
  let built = 0;
  class Indexed extends Node {
    static override readonly type = "Indexed";
    static override readonly attributes: AttributeDeclarations = {
      factor: { type: "number", default: 1, help: "Any" },
    };
    async index(): Promise<Uint8Array> {
      return this.cachedProperty("index", () => Uint8Array.of(++built));
    }
    override compute(coordinates: Coordinates, _: EvalContext) {
      return UnitsDataArray.create(coordinates, 1);
    }
  }
  const cache = memoryStorage();
  expect(await new Indexed({}, { cache }).index()).toEqual(Uint8Array.of(1));
  expect(await new Indexed({}, { cache }).index()).toEqual(Uint8Array.of(1));
  expect(await new Indexed({ factor: 2 }, { cache }).index()).toEqual(Uint8Array.of(2));
  expect(await new Indexed().index()).toEqual(Uint8Array.of(3));
});
