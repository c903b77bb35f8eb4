import { describe, expect, it } from "vitest";
import { makeOrigin, type Origin } from "../processes/support/origin.ts";
import { checksumOf, makeValue } from "../processes/support/values.ts";
import { startRadosgw } from "../support/radosgw.ts";
import { hasRedisServer } from "../support/redis-server.ts";
import { givenS3Server } from "../support/s3-server.ts";
import { type Cluster, type ClusterServers, expectSound, PATIENT, startCluster } from "./support/cluster.ts";

const PROCESSES = 4;
const READERS = 16;
const MB = 1e6;

/** Reads everything in all processes at once, with the bucket watched; what was seen of it. */
async function readTogether(cluster: Cluster, maxBytes: number) {
  const { origin, place } = cluster;
  const expected = Object.fromEntries(
    [...origin.values].map(([key, { version, size }]) => [key, [checksumOf(makeValue(key, version, size))]]),
  );
  const reads = [...origin.values.keys()].map((key) => ({ key }));
  const workers = await cluster.start(PROCESSES);
  const options = { maxBytes, memory: 2 * MB, ...PATIENT };
  await Promise.all(workers.map((worker) => worker.call("open", place, options)));
  const bucket = cluster.watchBucket();
  const answers = await Promise.all(
    workers.map((worker, i) => worker.call("readAll", reads, READERS, 1000 * i)),
  );
  for (const answer of answers) expect(answer).toEqual(expected);
  await Promise.all(workers.map((worker) => worker.call("idle")));
  const { samples, mostBytes } = await bucket.stop();
  expect(samples, "enough to see anything").toBeGreaterThan(20);
  expect(mostBytes, "bytes in the bucket").toBeLessThanOrEqual(maxBytes);
  const counts = await Promise.all(workers.map((worker) => worker.call("counts")));
  for (const { faults, told } of counts) expect({ faults, told }).toEqual({ faults: 0, told: {} });
  await Promise.all(workers.map((worker) => worker.call("close")));
  await expectSound(cluster, options);
  return { mostBytes, evictions: counts.reduce((sum, { evictions }) => sum + evictions, 0) };
}

function expectEachOnce(origin: Origin): void {
  expect([...origin.reads].sort(), "each part once, whoever came first").toEqual(
    [...origin.values.keys()].sort(),
  );
}

describe.runIf(await hasRedisServer())("four processes of sixteen readers", () => {
  it("ask the source once for each value, and later processes not at all", async () => {
    const cluster = await startCluster(makeOrigin(120, 50_000));
    await readTogether(cluster, 100 * MB);
    expectEachOnce(cluster.origin);
    await readTogether(cluster, 100 * MB);
    expectEachOnce(cluster.origin);
  });

  it("keep the bucket within a budget of a third of what they read", async () => {
    const maxBytes = 2 * MB;
    const cluster = await startCluster(makeOrigin(120, 50_000));
    const { mostBytes, evictions } = await readTogether(cluster, maxBytes);
    expect(mostBytes, "it was full at times").toBeGreaterThan(0.8 * maxBytes);
    expect(evictions).toBeGreaterThan(20);
  });

  it("ask the source once as well where the bucket is of Ceph", async ({ skip }) => {
    const s3 = givenS3Server() ?? (await startRadosgw());
    if (s3 === undefined)
      return skip("needs Debian, or S3_ENDPOINT with S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY");
    const servers: ClusterServers = { s3 };
    try {
      const cluster = await startCluster(makeOrigin(60, 50_000), servers);
      await readTogether(cluster, 100 * MB);
      expectEachOnce(cluster.origin);
    } finally {
      await s3.stop();
    }
  });
});
