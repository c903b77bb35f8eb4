import { expect, it } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { startChild } from "./support/children.ts";
import type { MemoWorkerCalls } from "./support/memo-worker.ts";

const INPUTS = Array.from({ length: 40 }, (_, at) => at);
const SQUARES = INPUTS.map((input) => input * input);

async function startWorkers(compute: (input: number) => Promise<number>) {
  const directory = await temporaryDirectory();
  const workers = await Promise.all(
    [1, 2].map(() => startChild<MemoWorkerCalls>("memo-worker.ts", { compute })),
  );
  await Promise.all(workers.map((worker) => worker.call("open", directory)));
  return workers;
}

it("computes each result once for two processes that ask at the same time", async () => {
  const computed: number[] = [];
  const workers = await startWorkers(async (input) => {
    computed.push(input);
    return input * input;
  });
  const answers = await Promise.all(workers.map((worker) => worker.call("computeAll", INPUTS)));
  expect(answers).toEqual([SQUARES, SQUARES]);
  expect(computed.sort((a, b) => a - b)).toEqual(INPUTS);

  const [first, second] = workers;
  await first?.call("invalidate");
  expect(await second?.call("computeAll", INPUTS), "the other has heard").toEqual(SQUARES);
  expect(computed).toHaveLength(2 * INPUTS.length);
  for (const worker of workers) await worker.call("close");
});

it("tells a failure to the process that waited, and tries again the next time", async () => {
  let failures = 1;
  const computed: number[] = [];
  const workers = await startWorkers(async (input) => {
    computed.push(input);
    if (failures-- > 0) throw new RangeError("too far");
    return input * input;
  });
  const outcomes = await Promise.allSettled(workers.map((worker) => worker.call("computeAll", [3])));
  const rejected = outcomes.filter(({ status }) => status === "rejected");
  expect(rejected.length, "whoever had asked by then").toBeGreaterThan(0);
  for (const outcome of rejected)
    expect(String((outcome as PromiseRejectedResult).reason)).toContain("too far");
  expect(computed.length).toBe(1 + (2 - rejected.length));
  expect(await workers[0]?.call("computeAll", [3])).toEqual([9]);
  for (const worker of workers) await worker.call("close");
});
