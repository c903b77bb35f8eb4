import { Coordinates } from "@zarr-cache/arrays";
import { describe, expect, it, onTestFinished } from "vitest";
import { IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener, TieredCacheStorage } from "zarr-cache";
import { Arithmetic, FunctionSource, Reduce, resource, ZarrSource } from "../src/index.ts";
import { countingSource, grid, memoryStorage, nested, source, valuesAt } from "./support/example.ts";
import { writtenStore } from "./support/written-store.ts";

const lats = (first: number, last: number) => ({ start: first, step: 1, size: last - first + 1 });

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

  it("end with what is declared, or with the first of the sources", async () => {
    const start = Date.UTC(2018, 0, 1);
    let now = start;
    const clock = () => now;
    const storage = new IndexedCacheStorage(
      new MemoryStoreIndex({ maxBytes: "8 MB", clock }),
      new MemoryStoreOpener(),
    );
    onTestFinished(() => storage.close());
    const { fn, points } = countingSource(["lat"]);
    const until = (name: string, expiresAt: number) =>
      new FunctionSource({
        fn: resource(name, fn.value, { version: () => ({ validator: name, expiresAt }) }),
        dims: ["lat"],
      });
    const both = new Arithmetic({
      eqn: "A + B",
      operands: { A: until("hourly", start + 3_600_000), B: until("daily", start + 86_400_000) },
      cacheOutput: true,
    }).using({ cache: storage, now: clock });
    const day = new FunctionSource({ fn, dims: ["lat"], expires: "1d" }, { cache: storage, now: clock });
    const at = grid({ lat: [1] });
    const asked = async (node: Arithmetic | FunctionSource, time: number) => {
      const before = points();
      now = time;
      await node.eval(at);
      return points() - before;
    };
    expect([await asked(both, start), await asked(both, start + 3_599_999)]).toEqual([2, 0]);
    expect(await asked(both, start + 3_600_000)).toBeGreaterThan(0);
    expect([await asked(day, start), await asked(day, start + 86_399_999)]).toEqual([1, 0]);
    expect(await asked(day, start + 86_400_000)).toBe(1);
  });

  it("are entries like others: their cost is the time that they took, and the limits are the cache's", async () => {
    let clock = 0;
    const storage = new IndexedCacheStorage(
      new MemoryStoreIndex({ maxBytes: 40_000, maxEntryBytes: 20_000 }),
      new MemoryStoreOpener(),
    );
    onTestFinished(() => storage.close());
    const slow = resource("slow", ({ size }: Coordinates) => {
      clock += 250;
      return new Float64Array(size);
    });
    const node = new FunctionSource({ fn: slow, dims: ["lat"] }, { cache: storage, monotonic: () => clock });
    await node.eval(grid({ lat: lats(0, 9) }));
    await storage.idle();
    const [entry] = (await storage.entries({ storeId: "nodes" })).entries;
    expect(entry?.cost).toBe(250);
    for (const [turn, size] of [5_000, 2_000, 2_000, 2_000, 2_000].entries())
      expect(
        (await node.eval(grid({ lat: lats(10_000 * (turn + 1), 10_000 * (turn + 1) + size - 1) }))).size,
      ).toBe(size);
    await storage.idle();
    const { bytes, entries } = await storage.usage();
    expect(bytes).toBeLessThanOrEqual(40_000);
    expect(entries).toBeGreaterThan(0);
    expect(await node.hasCache("output", grid({ lat: lats(10_000, 14_999) }))).toBe(false);
  });
});

it("a reduction is cached over the dims that it keeps", async () => {
  const days = source([1, 2, 3, 4], { lat: [0, 1], time: ["2018-01-01", "2018-01-02"] });
  const node = new Reduce({ source: days, reduction: "sum", dims: ["time"] }).using({
    cache: memoryStorage(),
  });
  expect(nested(await node.eval(grid({ lat: [0, 1] })))).toEqual([3, 7]);
  expect(nested(await node.getCache("output", grid({ lat: [1] })))).toEqual([7]);
});
