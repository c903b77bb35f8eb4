import { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import {
  Arithmetic,
  ArraySource,
  type ChunkFailure,
  FunctionSource,
  Interpolate,
  Reduce,
  resource,
} from "@zarr-cache/nodes";
import { parallel } from "@zarr-cache/nodes/parallel";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import { bundledWorker } from "./support/bundled-worker.ts";
import { tick, wave } from "./support/registry.ts";

let worker: Awaited<ReturnType<typeof bundledWorker>>;
beforeAll(async () => {
  worker = await bundledWorker();
});
afterAll(() => worker.remove());

function evaluator(options: Parameters<typeof parallel>[0] = {}) {
  const made = parallel({
    workers: 2,
    worker: worker.file,
    ...options,
  });
  onTestFinished(() => made.close());
  return made;
}

const lats = (first: number, size: number) => Coordinates.grid({ lat: { start: first, step: 1, size } });
const node = () =>
  new Arithmetic({
    eqn: "A * k",
    operands: { A: new FunctionSource({ fn: wave, dims: ["lat"], units: "m" }) },
    constants: { k: 2 },
  });

describe.each(["thread", "process"] as const)("parallel, each worker a %s", (kind) => {
  it("gives what serial gives, bit for bit, with parameters, progress and units", async () => {
    const progress: number[] = [];
    const method = evaluator({ kind, chunkPoints: 3 });
    const params = { Arithmetic: { k: 3 } };
    const out = await node().eval(lats(20, 11), {
      method,
      params,
      onProgress: ({ done }) => progress.push(done),
    });
    const serial = await node().eval(lats(20, 11), { params });
    expect([out.toTypedArray(), out.units, out.dims]).toEqual([serial.toTypedArray(), "m", serial.dims]);
    expect(progress).toEqual([1, 2, 3, 4]);
    expect(Object.keys(out.attrs)).toEqual(["crs", "params", "provenance"]);
  });

  it("does so for grids, stacks and reductions, by the name of the method", async () => {
    const grid = Coordinates.grid({
      lat: { start: 0, step: 1, size: 20 },
      lon: { start: 0, step: 1, size: 30 },
    });
    const data = new UnitsDataArray(
      Float32Array.from({ length: 600 }, (_, at) => at % 37),
      grid,
    );
    const fine = new Interpolate({ source: new ArraySource({ data }), interpolation: "bilinear" });
    const using = { evaluators: { parallel: evaluator({ kind, chunkPoints: 50 }) } };
    const requests = [
      Coordinates.grid({ lon: { start: 0, step: 0.5, size: 40 }, lat: { start: 0.25, step: 0.5, size: 20 } }),
      Coordinates.points({
        lat: { start: 0, step: 0.1, size: 100 },
        lon: { start: 0, step: 0.2, size: 100 },
      }),
    ];
    for (const request of requests)
      for (const each of [fine, new Reduce({ source: fine, reduction: "std", dims: ["lat"] })]) {
        const out = await each.using(using).eval(request, { method: "parallel" });
        const serial = await each.eval(request);
        expect([out.dims, out.toTypedArray()]).toEqual([serial.dims, serial.toTypedArray()]);
      }
  });

  it("gives no answer memory of another, though workers use theirs again", async () => {
    const method = evaluator({ kind, chunkPoints: 4 });
    const regions = [20, 40, 80, 100].map((first) => lats(first, first === 40 ? 5 : 12));
    const outs = [];
    for (const region of regions) outs.push(await node().eval(region, { method }));
    for (const [at, region] of regions.entries())
      expect(outs[at]?.toTypedArray()).toEqual((await node().eval(region)).toTypedArray());
  });

  it("evaluates several pipelines at once in one worker, and one that cannot be read there not at all", async () => {
    const method = evaluator({ kind, workers: 1, chunkPoints: 2 });
    const unknown = new FunctionSource({ fn: resource("unknown", () => []), dims: ["lat"] });
    const broken = expect(unknown.eval(lats(20, 6), { method })).rejects.toThrow(/unknown/);
    const scaled = (k: number) =>
      new Arithmetic({
        eqn: "A * k",
        operands: { A: new FunctionSource({ fn: wave, dims: ["lat"] }) },
        constants: { k },
      });
    const all = await Promise.all([2, 3, 4].map((k) => scaled(k).eval(lats(20, 6), { method })));
    const serial = await Promise.all([2, 3, 4].map((k) => scaled(k).eval(lats(20, 6))));
    expect(all.map((out) => out.toTypedArray())).toEqual(serial.map((out) => out.toTypedArray()));
    await broken;
  });

  it("reports a chunk that failed, leaves it NaN, and does not keep the answer", async () => {
    const storage = new IndexedCacheStorage(
      new MemoryStoreIndex({ maxBytes: "8 MB" }),
      new MemoryStoreOpener(),
    );
    onTestFinished(() => storage.close());
    const failures: ChunkFailure[] = [];
    const cached = node().using({ cache: storage });
    const options = {
      method: evaluator({ kind, chunkPoints: 2 }),
      onFailure: (failure: ChunkFailure) => failures.push(failure),
    };
    const out = await cached.eval(lats(10, 6), options);
    const serial = Array.from((await node().eval(lats(10, 2))).toTypedArray());
    expect(Array.from(out.toTypedArray()).slice(0, 4)).toEqual([...serial, Number.NaN, Number.NaN]);
    expect(
      failures.map(({ coordinates, error }) => [Array.from(coordinates.get("lat")), String(error)]),
    ).toEqual([[[12, 13], "RangeError: thirteen"]]);
    expect(await cached.hasCache("output", lats(10, 6))).toBe(false);
  });

  it("computes anew, or without the cache of its workers, where it is told so", async () => {
    const ticking = new FunctionSource({ fn: tick, dims: ["lat"] });
    const method = evaluator({ kind, workers: 1 });
    const ticks: number[] = [];
    for (const cache of ["use", "use", "refresh", "use", "bypass", "use"] as const)
      ticks.push((await ticking.eval(lats(1, 1), { method, cache })).item());
    expect(ticks).toEqual([1, 1, 2, 2, 3, 2]);
  });

  it("replaces a worker that dies", async () => {
    const method = evaluator({ kind, workers: 1, chunkPoints: 1 });
    const failures: unknown[] = [];
    const out = await node().eval(lats(65, 3), {
      method,
      onFailure: ({ error }) => failures.push(String(error)),
    });
    expect(Array.from(out.toTypedArray()).map(Number.isNaN)).toEqual([false, true, false]);
    expect(failures).toEqual([expect.stringContaining(`A ${kind} ended with the code 3`)]);
  });

  it("fails where every chunk does, and ends with its signal", async () => {
    const method = evaluator({ kind });
    await expect(node().eval(lats(13, 1), { method })).rejects.toThrow("thirteen");
    const controller = new AbortController();
    const ended = node().eval(lats(20, 100), { method, signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(ended).rejects.toThrow("enough");
  });
});

describe("parallel", () => {
  it("refuses options that are unknown or impossible", () => {
    expect(() => parallel({ workers: 0 })).toThrow(/"workers"/);
    expect(() => parallel({ threads: 2 } as never)).toThrow(/options.threads/);
    expect(() => parallel({ kind: "machine" as never })).toThrow(
      /"kind" is "machine"; allowed: thread, process/,
    );
  });
});
