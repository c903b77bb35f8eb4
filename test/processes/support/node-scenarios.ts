import { expect } from "vitest";
import { startChild } from "./children.ts";
import type { NodeWorkerCalls } from "./node-worker.ts";
import type { NodeWorkerPlace } from "./node-worker-place.ts";

async function startWorkers(count: number, place: NodeWorkerPlace) {
  const asked: number[] = [];
  const heights = async (latitudes: readonly number[]) => {
    asked.push(...latitudes);
    return latitudes;
  };
  const workers = await Promise.all(
    Array.from({ length: count }, () => startChild<NodeWorkerCalls>("node-worker.ts", { heights })),
  );
  await Promise.all(workers.map((worker) => worker.call("open", place)));
  return { asked, workers };
}

const doubles = (size: number) => Array.from({ length: size }, (_, at) => 2 * at);

/** Four processes read the same region of a pipeline as a Zarr array: each chunk is computed once. */
export async function computeChunksOnce(place: NodeWorkerPlace): Promise<void> {
  const { asked, workers } = await startWorkers(4, place);
  const answers = await Promise.all(workers.map((worker) => worker.call("readChunks", 64, 8)));
  expect(answers).toEqual(Array.from({ length: 4 }, () => doubles(64)));
  expect(asked.sort((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, at) => at));
  for (const worker of workers) await worker.call("close");
}

/**
 * Four processes evaluate the same region, which is computed once; then a new one lists every stage, and reads every kind of
 * result back.
 */
export async function readBackByAnother(place: NodeWorkerPlace): Promise<void> {
  const { asked, workers } = await startWorkers(4, place);
  const regions = await Promise.all(workers.map((worker) => worker.call("evaluate", [0, 1, 2, 3])));
  expect([regions, asked]).toEqual([Array.from({ length: 4 }, () => doubles(4)), [0, 1, 2, 3]]);
  await workers[0]?.call("put");
  expect(await workers[0]?.call("found", 1)).toBe(1);
  for (const worker of workers) await worker.call("close");
  const next = await startWorkers(1, place);
  const [reader] = next.workers;
  const stages = (await reader?.call("stages")) ?? [];
  expect(stages.filter(([, key]) => key === "output")).toEqual([
    ["Function", "output", [0, 1, 2, 3]],
    ["Arithmetic", "output", doubles(4)],
  ]);
  expect(await reader?.call("found", 2), "what was expensive to find is not sought again").toBe(1);
  // From below, and then from the memory of this process.
  const kinds = await reader?.call("kinds");
  const before = (await reader?.call("hits")) ?? [];
  expect(await reader?.call("kinds")).toEqual(kinds);
  const after = (await reader?.call("hits")) ?? [];
  expect(after.map((hits, tier) => hits - (before[tier] as number))).toEqual([5, 0]);
  const [array, plain, node, json, tiff] = kinds ?? [];
  expect(array, "the labelled array is the same").toBe(true);
  expect(plain).toEqual({ data: Int16Array.of(1, 2), shape: [2], stride: [1], offset: 0 });
  expect(Object.keys(Object(node))).toEqual(["Function", "Arithmetic", "version"]);
  expect([json, tiff]).toEqual([{ deep: [1, null] }, Uint8Array.of(1, 2, 3)]);
  expect(await reader?.call("evaluate", [2, 3])).toEqual([4, 6]);
  expect(next.asked).toEqual([]);
  await reader?.call("close");
}
