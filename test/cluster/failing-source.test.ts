import { describe, expect, it } from "vitest";
import { deferred } from "zarr-cache/testing";
import { makeOrigin, type Origin } from "../processes/support/origin.ts";
import { until } from "../processes/support/until.ts";
import { hasRedisServer } from "../support/redis-server.ts";
import type { ClusterOptions } from "./support/assemble-cluster.ts";
import { expectSound, PATIENT, startCluster } from "./support/cluster.ts";

const PROCESSES = 4;
const KEY = "/c/0";
const OPTIONS: ClusterOptions = { maxBytes: 4e6, memory: 1e6, ...PATIENT };
/** Where Redis tells those who wait that a claim has ended. */
const CHANNEL = "{zc:cluster:0}:t";

/** An origin whose first read fails, once it is told to. */
function failingOnce() {
  const origin = makeOrigin(1, 20_000);
  const mayFail = deferred<void>();
  const read: Origin["calls"]["read"] = async (...args) => {
    const held = await origin.calls.read(...args);
    if (origin.reads.length > 1) return held;
    await mayFail.promise;
    throw new Error("out of order");
  };
  return { origin: { ...origin, calls: { ...origin.calls, read } }, fail: () => mayFail.resolve() };
}

describe.runIf(await hasRedisServer())("a read of the source that fails", () => {
  it(`is told to the readers of all ${PROCESSES} processes that wait for it, who do not all ask themselves`, async () => {
    const { origin, fail } = failingOnce();
    const cluster = await startCluster(origin);
    const workers = await cluster.start(PROCESSES);
    await Promise.all(workers.map((worker) => worker.call("open", cluster.place, OPTIONS)));
    const reads = workers.map((worker) => worker.call("get", KEY).catch((error: Error) => error.message));
    const listeners = async () => Number((await cluster.redis.admin.pubsub("NUMSUB", CHANNEL))[1]);
    await until(async () => origin.reads.length === 1 && (await listeners()) === PROCESSES - 1);
    fail();
    for (const outcome of await Promise.all(reads)) expect(outcome).toMatch(/out of order/);
    expect(origin.reads).toHaveLength(1);

    expect(await Promise.all(workers.map((worker) => worker.call("get", KEY)))).toEqual(workers.map(() => 1));
    expect(origin.reads, "the failure is not kept, and the next read is one for all").toHaveLength(2);
    for (const worker of workers) await worker.call("close");
    await expectSound(cluster, OPTIONS);
  });
});
