import { describe, expect, it } from "vitest";
import { openCache } from "zarr-cache/node";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { startChild } from "./support/children.ts";
import { directorySize } from "./support/directory-size.ts";
import { makeOrigin, type Origin } from "./support/origin.ts";
import type { SamplerCalls } from "./support/sampler.ts";
import { startWorker, startWorkers } from "./support/start-worker.ts";
import { until } from "./support/until.ts";
import { checksumOf, makeValue } from "./support/values.ts";

const MB = 1e6;
const PROCESSES = 4;
const READERS = 16;

/** Watches a directory from a process of its own. */
async function startSampler(directory: string) {
  const sampler = await startChild<SamplerCalls>("sampler.ts", {});
  await sampler.call("start", directory);
  return sampler;
}

function checksumsOf(origin: Origin): Record<string, readonly string[]> {
  return Object.fromEntries(
    [...origin.values].map(([key, { version, size }]) => [key, [checksumOf(makeValue(key, version, size))]]),
  );
}

const readsOf = (origin: Origin) => [...origin.values.keys()].map((key) => ({ key }));

it("keeps charges and allocated blocks within the budget at every sample, while four processes read twice as much", async () => {
  const maxBytes = 16 * MB;
  const origin = makeOrigin(330, 100_000);
  const directory = await temporaryDirectory();
  const workers = await startWorkers(origin, PROCESSES);
  for (const worker of workers) await worker.call("open", directory, { maxBytes, memory: "1 MB" });
  const sampler = await startSampler(directory);

  const answers = await Promise.all(
    workers.map((worker, i) => worker.call("readAll", readsOf(origin), READERS, 1000 * i)),
  );
  await Promise.all(workers.map((worker) => worker.call("idle")));
  const { samples, mostCharged, mostOnDisk } = await sampler.call("stop");

  for (const answer of answers) expect(answer).toEqual(checksumsOf(origin));
  expect(mostCharged).toBeLessThanOrEqual(maxBytes);
  expect(mostOnDisk).toBeLessThanOrEqual(maxBytes);
  expect(samples, "enough to see anything").toBeGreaterThan(100);
  expect(mostOnDisk, "it was full at times").toBeGreaterThan(0.8 * maxBytes);
  const counts = await Promise.all(workers.map((worker) => worker.call("counts")));
  expect(counts.reduce((sum, { evictions }) => sum + evictions, 0)).toBeGreaterThan(100);
  expect((await workers[0]?.call("verify"))?.accounting).toEqual([]);
});

describe("of two limits the last that was given holds", () => {
  it("for whoever has the directory open, from the moment that its opening has resolved", async () => {
    const origin = makeOrigin(320, 100_000);
    const directory = await temporaryDirectory();
    const large = await startWorker(origin);
    const small = await startWorker(origin);
    await large.call("open", directory, { maxBytes: 40 * MB, memory: false });
    await large.call("readAll", readsOf(origin), 8, 1);
    await large.call("idle");
    expect(directorySize(directory)).toBeGreaterThan(26 * MB);

    const busy = large.call("churn", { keys: [...origin.values.keys()], own: [], readers: 8, seed: 2 });
    await small.call("open", directory, { maxBytes: 16 * MB, memory: false });
    const sampler = await startSampler(directory);
    expect(await small.call("readAll", readsOf(origin), 8, 3)).toEqual(checksumsOf(origin));
    await large.call("endChurn");
    await busy;
    await Promise.all([large.call("idle"), small.call("idle")]);
    const { mostCharged, mostOnDisk } = await sampler.call("stop");
    expect(mostCharged).toBeLessThanOrEqual(16 * MB);
    expect(mostOnDisk).toBeLessThanOrEqual(16 * MB);
    expect((await large.call("usage")).maxBytes).toBe(16 * MB);
    expect(origin.complaints).toEqual([]);
  });

  it("after a restart with less: what is over it goes without anything being read", async () => {
    const origin = makeOrigin(320, 100_000);
    const directory = await temporaryDirectory();
    const worker = await startWorker(origin);
    await worker.call("open", directory, { maxBytes: 40 * MB, memory: false });
    await worker.call("readAll", readsOf(origin), 8, 1);
    await worker.call("close");
    expect(directorySize(directory)).toBeGreaterThan(26 * MB);

    const cache = await openCache(directory, { maxBytes: 16 * MB, lockAge: 100 });
    await until(() => directorySize(directory) <= 16 * MB);
    await until(async () => (await cache.usage()).bytes <= 16 * MB);
    const usage = await cache.usage();
    expect(usage.entries, "what fits stays").toBeGreaterThan(50);
    expect(await cache.verify()).toMatchObject({ lost: 0, corrupt: 0, orphans: 0, accounting: [] });
    await cache.close();
  });
});
