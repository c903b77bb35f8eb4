import { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { describe, expect, it, onTestFinished } from "vitest";
import { IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener, TieredCacheStorage } from "zarr-cache";
import {
  Arithmetic,
  type AttributeDeclarations,
  createRegistry,
  type EvalContext,
  FunctionSource,
  Interpolate,
  isNodesError,
  Node,
  type PipelineDefinition,
  Reduce,
  resource,
  ZarrSource,
} from "../src/index.ts";
import { countingSource, grid, memoryStorage, nested, source, src, valuesAt } from "./support/example.ts";
import { writtenStore } from "./support/written-store.ts";

const lats = (first: number, last: number) => ({ start: first, step: 1, size: last - first + 1 });
const missing = { name: "NodeCacheError" };

describe("the results of eval", () => {
  it("16: again; dims reordered; without an irrelevant dim; another irrelevant time: miss, hit, hit, hit, hit", async () => {
    const { node, points } = countingSource(["lat", "lon"]);
    const cached = node.using({ cache: memoryStorage() });
    const base = { lat: [0, 1], lon: [10, 20] };
    const first = await cached.eval(grid({ ...base, time: ["2018-01-01"] }));
    expect(points()).toBe(4);
    expect(nested(await cached.eval(grid({ ...base, time: ["2018-01-01"] })))).toEqual(nested(first));
    const turned = await cached.eval(grid({ lon: [10, 20], lat: [0, 1], time: ["2018-01-01"] }));
    expect([turned.dims, nested(turned)]).toEqual([
      ["lon", "lat"],
      [
        [10, 11],
        [20, 21],
      ],
    ]);
    await cached.eval(grid(base));
    await cached.eval(grid({ ...base, time: ["2031-05-05"] }));
    expect(points()).toBe(4);
  });

  it("18: cached lat 0–5, request 0–7: only the missing are computed, and the result is labelled and has units", async () => {
    const { node, asked } = countingSource(["lat"]);
    const cached = new FunctionSource({ ...node.attrs, fn: node.fn, units: "K" }, { cache: memoryStorage() });
    await cached.eval(grid({ lat: lats(0, 5) }));
    const out = await cached.eval(grid({ lat: lats(0, 7) }));
    expect(asked.map((each) => Array.from(each.get("lat")))).toEqual([
      [0, 1, 2, 3, 4, 5],
      [6, 7],
    ]);
    expect([nested(out), out.units, Array.from(out.coordinates.get("lat"))]).toEqual([
      [0, 1, 2, 3, 4, 5, 6, 7],
      "K",
      [0, 1, 2, 3, 4, 5, 6, 7],
    ]);
    await cached.eval(grid({ lat: [3, 1, 7] }));
    expect(asked).toHaveLength(2);
  });

  it("18: also in two dimensions, from several results, and along a stack", async () => {
    const { node, points } = countingSource(["lat", "lon"]);
    const cached = node.using({ cache: memoryStorage() });
    await cached.eval(grid({ lat: lats(0, 3), lon: lats(0, 3) }));
    await cached.eval(grid({ lat: lats(2, 5), lon: lats(4, 5) }));
    expect(points()).toBe(16 + 8);
    const request = grid({ lat: lats(0, 5), lon: lats(0, 5) });
    const out = await cached.eval(request);
    expect(points()).toBe(36);
    expect(Array.from(out.toTypedArray())).toEqual(valuesAt(request, ([a = 0, b = 0]) => a + b));
    const stack = Coordinates.points({ lat: [0, 5, 9], lon: [5, 0, 9] });
    await cached.eval(stack);
    await cached.eval(Coordinates.points({ lat: [0, 5, 9, 10], lon: [5, 0, 9, 10] }));
    expect(points()).toBe(36 + 3 + 1);
  });

  it("19: a hit in a lower tier is answered from the upper the next time", async () => {
    const tier = () =>
      new IndexedCacheStorage(new MemoryStoreIndex({ maxBytes: "8 MB" }), new MemoryStoreOpener());
    const lower = tier();
    onTestFinished(() => lower.close());
    const { node, points } = countingSource(["lat"]);
    await node.using({ cache: lower }).eval(grid({ lat: [1, 2] }));
    await lower.idle();
    const upper = tier();
    const tiered = new TieredCacheStorage([upper, lower]);
    onTestFinished(() => tiered.close());
    const hits = () => tiered.tierStatistics().map((each) => each.hits);
    const cached = node.using({ cache: tiered });
    await cached.eval(grid({ lat: [1, 2] }));
    await tiered.idle();
    const before = hits();
    await cached.eval(grid({ lat: [1, 2] }));
    expect([points(), hits()[0], hits()[1]]).toEqual([2, (before[0] as number) + 1, before[1]]);
  });

  it("are by definition and parameters, and shared by equal nodes", async () => {
    const { node, points } = countingSource(["lat"]);
    const cache = memoryStorage();
    const at = grid({ lat: [1, 2] });
    const scaled = (gain: number) =>
      new Arithmetic({ eqn: "A * gain", operands: { A: node }, constants: { gain } }, { cache });
    expect(nested(await scaled(2).eval(at))).toEqual([2, 4]);
    expect(nested(await scaled(2).eval(at, { params: { Arithmetic: { gain: 3 } } }))).toEqual([3, 6]);
    expect(nested(await scaled(3).eval(at))).toEqual([3, 6]);
    expect(points()).toBe(2);
  });

  it("are bypassed, and computed anew", async () => {
    const { node, points } = countingSource(["lat"]);
    const cached = node.using({ cache: memoryStorage() });
    const at = grid({ lat: [1] });
    await cached.eval(at);
    await cached.eval(at, { cache: "bypass" });
    expect(points()).toBe(2);
    await cached.eval(at, { cache: "refresh" });
    expect(points()).toBe(3);
    await cached.eval(at);
    expect(points()).toBe(3);
  });

  it("are computed once for all who ask at the same time", async () => {
    const { node, points } = countingSource(["lat"]);
    const cached = node.using({ cache: memoryStorage() });
    await Promise.all(Array.from({ length: 8 }, () => cached.eval(grid({ lat: lats(0, 9) }))));
    expect(points()).toBe(10);
  });

  it("are made again exactly where a source has changed, and end with it", async () => {
    let version = "a";
    const forecast = countingSource(["lat"], "forecast");
    const steady = countingSource(["lat"], "steady");
    const changing = new FunctionSource({
      fn: resource("forecast", forecast.fn.value, { version: () => ({ validator: version }) }),
      dims: ["lat"],
    });
    const node = new Arithmetic(
      { eqn: "A + B", operands: { A: changing, B: steady.node } },
      { cache: memoryStorage() },
    );
    const at = grid({ lat: [1, 2] });
    await node.eval(at);
    await node.eval(at);
    expect([forecast.points(), steady.points()]).toEqual([2, 2]);
    version = "b";
    const out = await node.eval(at);
    expect([forecast.points(), steady.points()]).toEqual([4, 2]);
    expect(Object(out.attrs["provenance"]).sources).toBe("b");
  });

  it("of a Zarr store follow its metadata", async () => {
    const store = await writtenStore(1);
    const node = new ZarrSource({ store: resource("s", store), variable: "a" }, { cache: memoryStorage() });
    const at = grid({ lat: [0], lon: [20] });
    expect((await node.eval(at)).item()).toBe(1);
    for (const [key, value] of await writtenStore(5)) if (key.startsWith("/a/c/")) store.set(key, value);
    expect((await node.eval(at)).item()).toBe(1);
    const metadata = JSON.parse(new TextDecoder().decode(store.get("/a/zarr.json")));
    metadata.attributes.history = "new";
    store.set("/a/zarr.json", new TextEncoder().encode(JSON.stringify(metadata)));
    expect((await node.eval(at)).item()).toBe(5);
  });

  it("do without a cache that is down", async () => {
    const storage = memoryStorage();
    const { node, points } = countingSource(["lat"]);
    const cached = node.using({ cache: storage });
    await storage.close();
    expect(nested(await cached.eval(grid({ lat: [1, 2] })))).toEqual([1, 2]);
    expect(points()).toBe(2);
  });

  it("that failed are not kept", async () => {
    let failing = true;
    const fn = resource("flaky", ({ size }: Coordinates) => {
      if (failing) throw new Error("not now");
      return new Float64Array(size);
    });
    const node = new FunctionSource({ fn }, { cache: memoryStorage() });
    await expect(node.eval(grid({ lat: [1] }))).rejects.toThrow("not now");
    failing = false;
    expect((await node.eval(grid({ lat: [1] }))).item()).toBe(0);
  });

  it("may be declared as not to be kept, or only for so long", async () => {
    const { node, points, fn } = countingSource(["lat"]);
    const cache = memoryStorage();
    const passing = new FunctionSource({ fn, dims: ["lat"], cacheOutput: false }, { cache });
    for (let turn = 0; turn < 2; turn++) await passing.eval(grid({ lat: [1] }));
    expect(points()).toBe(2);
    const ended = new FunctionSource({ fn, dims: ["lat"], expires: -1 }, { cache });
    for (let turn = 0; turn < 2; turn++) await ended.eval(grid({ lat: [1] }));
    expect(points()).toBe(4);
    expect(node.attrs["cacheOutput"]).toBe(true);
  });
});

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

it("a reduction is cached over the dims that it keeps", async () => {
  const days = source([1, 2, 3, 4], { lat: [0, 1], time: ["2018-01-01", "2018-01-02"] });
  const node = new Reduce({ source: days, reduction: "sum", dims: ["time"] }).using({
    cache: memoryStorage(),
  });
  expect(nested(await node.eval(grid({ lat: [0, 1] })))).toEqual([3, 7]);
  expect(nested(await node.getCache("output", grid({ lat: [1] })))).toEqual([7]);
});
