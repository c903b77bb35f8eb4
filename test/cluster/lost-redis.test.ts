import { describe, expect, it } from "vitest";
import { makeOrigin } from "../processes/support/origin.ts";
import { until } from "../processes/support/until.ts";
import { startRadosgw } from "../support/radosgw.ts";
import { hasRedisServer } from "../support/redis-server.ts";
import { givenS3Server, type S3Server } from "../support/s3-server.ts";
import type { ClusterOptions } from "./support/assemble-cluster.ts";
import { type Cluster, type ClusterWorker, expectSound, PATIENT, startCluster } from "./support/cluster.ts";

const KEYS = 300;
const SIZE = 5_000;
/** Room for all of it once, not twice. */
const OPTIONS: ClusterOptions = {
  ...PATIENT,
  maxBytes: 1.8e6,
  // The turn of one that waits for S3 is not taken for that of a dead one.
  index: { ...PATIENT.index, lockAge: "8s" },
};

/** Two processes over a bucket that is full; the first reaches S3 through a proxy. */
async function startFull(s3?: S3Server) {
  const cluster = await startCluster(makeOrigin(KEYS, SIZE), { ...(s3 && { s3 }) });
  const [first, second] = (await cluster.start(2)) as [ClusterWorker, ClusterWorker];
  await first.call("open", cluster.harmed, OPTIONS);
  await second.call("open", cluster.place, OPTIONS);
  const keys = [...cluster.origin.values.keys()];
  const reads = keys.map((key) => ({ key }));
  const readAll = (worker: ClusterWorker) => worker.call("readAll", reads, 1, 1);
  const readSome = (worker: ClusterWorker) => worker.call("readAll", reads.slice(0, 100), 2, 1);
  await readAll(first);
  await first.call("idle");
  const old = await cluster.objects();
  expect(old.size).toBe(KEYS);
  const left = async () => [...(await cluster.objects()).keys()].filter((key) => old.has(key)).length;
  const isCharged = async () => (await second.call("usage")).condemnedBytes > 0;
  return { cluster, first, second, keys, readAll, readSome, left, isCharged };
}

function deletesOf({ s3Proxy }: Cluster): number {
  return s3Proxy.requests.filter((request) => request.startsWith("POST ")).length;
}

/** Everything is in the cache, and nothing else is in the bucket. */
async function expectClean(
  { cluster, keys, readAll, left, isCharged }: Awaited<ReturnType<typeof startFull>>,
  worker: ClusterWorker,
): Promise<void> {
  await until(async () => (await left()) === 0 && !(await isCharged()));
  await until(async () => {
    // What was passed by for want of room is so for some seconds.
    const reads = cluster.origin.reads.length;
    await readAll(worker);
    await worker.call("idle");
    return cluster.origin.reads.length === reads;
  });
  expect((await cluster.objects()).size).toBe(keys.length);
  expect(await worker.call("sweep")).toMatchObject({ orphans: 0 });
}

describe.runIf(await hasRedisServer())("when Redis has lost the index over a full bucket", () => {
  it("new values are admitted while the old ones are deleted, and both are within the budget", async () => {
    const s3 = givenS3Server() ?? (await startRadosgw());
    const full = await startFull(s3);
    const { cluster, first, second, left } = full;
    const bucket = cluster.watchBucket();
    // The first step passes, the second does not go on.
    const release = cluster.s3Proxy.hold("POST", 1);
    await cluster.redis.admin.flushall();
    await until(async () => {
      await full.readSome(first);
      await first.call("idle");
      return (await first.call("usage")).entries > 20;
    });
    expect(deletesOf(cluster), "a step that is held").toBe(2);
    expect(await left(), "old values that are still there").toBe(KEYS - 64);
    await full.readSome(second);
    expect(await left(), "what one deletes another leaves alone").toBe(KEYS - 64);
    release();
    await expectClean(full, second);
    const { samples, mostBytes } = await bucket.stop();
    expect(samples).toBeGreaterThan(10);
    expect(mostBytes).toBeLessThanOrEqual(OPTIONS.maxBytes);
    for (const worker of [first, second]) await worker.call("close");
    await expectSound(cluster, OPTIONS);
    await s3?.stop();
  });

  it("another process goes on when the one that deletes is killed", async () => {
    const full = await startFull();
    const { cluster, first, second, left } = full;
    const bucket = cluster.watchBucket();
    const release = cluster.s3Proxy.hold("POST", 1);
    await cluster.redis.admin.flushall();
    await until(async () => {
      await first.call("get", "/c/0");
      return deletesOf(cluster) === 2;
    });
    await full.readSome(second);
    expect(await left(), "what one deletes another leaves alone").toBe(KEYS - 64);
    await first.kill();
    await expectClean(full, second);
    // The request of the dead process arrives after all.
    release();
    const { mostBytes } = await bucket.stop();
    expect(mostBytes).toBeLessThanOrEqual(OPTIONS.maxBytes);
    await second.call("close");
    await expectSound(cluster, OPTIONS);
  });
});
