import { setImmediate } from "node:timers/promises";
import type { Coordinates } from "@zarr-cache/arrays";
import { describe, expect, it, onTestFinished } from "vitest";
import { type CacheStorage, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import { deferred } from "zarr-cache/testing";
import {
  type ChunkFailure,
  type EvalContext,
  type EvaluationProgress,
  type Evaluator,
  FunctionSource,
  resource,
} from "../src/index.ts";
import { countingSource, grid, memoryStorage, nested, valuesAt } from "./support/example.ts";

const lats = grid({ lat: [1, 2, 3] });

/** A source whose questions are answered one by one; an abort ends a question. */
function patientSource() {
  const questions: { readonly answer: () => void }[] = [];
  const arrivals = [deferred<void>(), deferred<void>(), deferred<void>()];
  const fn = resource("patient", (coordinates: Coordinates, { signal }: EvalContext) => {
    const values = deferred<number[]>();
    signal?.addEventListener("abort", () => values.reject(signal.reason));
    questions.push({ answer: () => values.resolve(valuesAt(coordinates, ([lat = 0]) => 10 * lat)) });
    arrivals[questions.length - 1]?.resolve();
    return values.promise;
  });
  return { node: new FunctionSource({ fn, dims: ["lat"] }), questions, arrivals };
}

/** Evaluates in two caches, and ends the first while the second waits for it: the second asks for itself. */
async function endTheFirst(first: CacheStorage, second: CacheStorage): Promise<void> {
  const { node, questions, arrivals } = patientSource();
  const controller = new AbortController();
  const ended = node.using({ cache: first }).eval(lats, { signal: controller.signal });
  await arrivals[0]?.promise;
  const waiting = node.using({ cache: second }).eval(lats);
  await setImmediate();
  controller.abort(new Error("enough"));
  await expect(ended).rejects.toThrow("enough");
  await arrivals[1]?.promise;
  questions[1]?.answer();
  expect([nested(await waiting), questions.length]).toEqual([[10, 20, 30], 2]);
}

describe("evaluations of the same at the same time", () => {
  it("do not end with the signal of the one that computes", async () => {
    const storage = memoryStorage();
    await endTheFirst(storage, storage);
  });

  it("do not end with it in another process either", async () => {
    const index = new MemoryStoreIndex({ maxBytes: "64 MB" });
    const opener = new MemoryStoreOpener();
    const here = new IndexedCacheStorage(index, opener);
    const there = new IndexedCacheStorage(index, opener);
    for (const storage of [here, there]) onTestFinished(() => storage.close());
    await endTheFirst(here, there);
  });

  it("end their own wait alone", async () => {
    const { node, questions, arrivals } = patientSource();
    const kept = node.using({ cache: memoryStorage() });
    const first = kept.eval(lats);
    await arrivals[0]?.promise;
    const controller = new AbortController();
    const second = kept.eval(lats, { signal: controller.signal });
    await setImmediate();
    controller.abort(new Error("enough"));
    await expect(second).rejects.toThrow("enough");
    questions[0]?.answer();
    expect([nested(await first), questions.length]).toEqual([[10, 20, 30], 1]);
  });

  it("are each told what failed, and none takes NaN for a result", async () => {
    const { node } = patientSource();
    const kept = node.using({ cache: memoryStorage() });
    let evaluations = 0;
    const failing: Evaluator = {
      async evaluate({ coordinates, failed }) {
        evaluations++;
        failed({ coordinates, error: new Error("not today") });
        return node.createOutputArray(coordinates);
      },
    };
    const failures: ChunkFailure[] = [];
    const onFailure = (failure: ChunkFailure) => failures.push(failure);
    await Promise.all([1, 2].map(() => kept.eval(lats, { method: failing, onFailure })));
    expect([failures.length, evaluations]).toEqual([2, 2]);
    expect(await kept.hasCache("output", lats)).toBe(false);
  });
});

it("progress of a request of which the cache has a part never goes back", async () => {
  const { node } = countingSource(["lat", "lon"]);
  const kept = node.using({ cache: memoryStorage() });
  const lats = (first: number, size: number) => ({ start: first, step: 1, size });
  await kept.eval(grid({ lat: lats(2, 2), lon: lats(2, 2) }));
  const told: EvaluationProgress[] = [];
  await kept.eval(grid({ lat: lats(0, 6), lon: lats(0, 6) }), {
    onProgress: (progress) => told.push(progress),
  });
  expect(told.length).toBeGreaterThan(1);
  expect(told.map(({ done }) => done)).toEqual(told.map((_, at) => at + 1));
  expect(told.at(-1)).toEqual({ done: told.length, total: told.length });
});
