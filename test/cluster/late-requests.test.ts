import { describe, expect, it } from "vitest";
import { makeOrigin } from "../processes/support/origin.ts";
import { until } from "../processes/support/until.ts";
import { hasRedisServer } from "../support/redis-server.ts";
import type { ClusterOptions } from "./support/assemble-cluster.ts";
import { type Cluster, type ClusterWorker, expectSound, PATIENT, startCluster } from "./support/cluster.ts";

const KEY = "/c/0";
const OPTIONS: ClusterOptions = {
  maxBytes: 4e6,
  ...PATIENT,
  index: { ...PATIENT.index, lockAge: 300 },
};

/** One process whose requests to S3 can be held, and one beside it. */
async function startTwo(): Promise<{ cluster: Cluster; dying: ClusterWorker; living: ClusterWorker }> {
  const cluster = await startCluster(makeOrigin(1, 20_000));
  const [dying, living] = (await cluster.start(2)) as [ClusterWorker, ClusterWorker];
  await dying.call("open", cluster.harmed, OPTIONS);
  await living.call("open", cluster.place, OPTIONS);
  return { cluster, dying, living };
}

function requestsOf({ s3Proxy }: Cluster, method: string): number {
  return s3Proxy.requests.filter((request) => request.startsWith(`${method} `)).length;
}

/** Reads until the key is in the cache; every read must be of this version. */
async function readUntilKept(worker: ClusterWorker, version: number): Promise<void> {
  await until(async () => {
    expect(await worker.call("get", KEY)).toBe(version);
    await worker.call("idle");
    return worker.call("has", KEY);
  });
}

describe.runIf(await hasRedisServer())("a request of a dead process that lands late is harmless", () => {
  it("a PUT, after the same value was filled by another", async () => {
    const { cluster, dying, living } = await startTwo();
    const release = cluster.s3Proxy.hold("PUT");
    expect(await dying.call("get", KEY)).toBe(1);
    await until(() => requestsOf(cluster, "PUT") === 1);
    await dying.kill();

    const version = cluster.origin.change(KEY);
    await living.call("invalidate", KEY);
    await readUntilKept(living, version);
    // What the dead process had reserved is charged until it has expired.
    const { size = 0 } = cluster.origin.values.get(KEY) ?? {};
    await until(async () => (await living.call("usage")).bytes < 2 * size);
    expect((await cluster.objects()).size).toBe(1);
    release();
    await until(async () => (await cluster.objects()).size === 2);
    expect(await living.call("get", KEY), "the newer one").toBe(version);
    expect((await living.call("verify")).orphans).toBe(1);
    expect(await living.call("sweep")).toMatchObject({ orphans: 1 });
    await living.call("close");
    await expectSound(cluster, OPTIONS);
  });

  it("a DELETE, after a newer value was filled by another", async () => {
    const { cluster, dying, living } = await startTwo();
    await readUntilKept(dying, 1);
    const release = cluster.s3Proxy.hold("POST");
    const version = cluster.origin.change(KEY);
    await dying.call("invalidate", KEY);
    await until(() => requestsOf(cluster, "POST") === 1);
    await dying.kill();

    await readUntilKept(living, version);
    await until(async () => (await living.call("usage")).condemnedBytes === 0);
    expect((await cluster.objects()).size).toBe(1);
    const reads = cluster.origin.reads.length;
    release();
    await until(() => cluster.s3Proxy.answered === cluster.s3Proxy.requests.length);
    expect((await cluster.objects()).size, "it deletes by the old name").toBe(1);
    expect(await living.call("get", KEY)).toBe(version);
    expect(cluster.origin.reads).toHaveLength(reads);
    await living.call("close");
    await expectSound(cluster, OPTIONS);
  });
});

describe.runIf(await hasRedisServer())("while a PUT hangs whose reader has been answered", () => {
  it("readers of another process do not wait for it, and it is kept in the end", async () => {
    const cluster = await startCluster(makeOrigin(1, 20_000));
    const [slow, other] = (await cluster.start(2)) as [ClusterWorker, ClusterWorker];
    // Only the deadline of the tier can end the wait.
    const options: ClusterOptions = { maxBytes: 4e6, ...PATIENT, tier: { deadline: 400 } };
    await slow.call("open", cluster.harmed, options);
    await other.call("open", cluster.place, options);
    const release = cluster.s3Proxy.hold("PUT");
    expect(await slow.call("get", KEY)).toBe(1);
    await until(() => requestsOf(cluster, "PUT") === 1);
    expect(await other.call("get", KEY)).toBe(1);
    expect(cluster.origin.reads).toHaveLength(2);
    expect(requestsOf(cluster, "PUT"), "it hangs still").toBe(1);
    expect(cluster.s3Proxy.requests.length - cluster.s3Proxy.answered).toBe(1);
    release();
    await until(async () => other.call("has", KEY));
    expect(await other.call("get", KEY)).toBe(1);
    expect(cluster.origin.reads).toHaveLength(2);
    for (const worker of [slow, other]) await worker.call("close");
    await expectSound(cluster, options);
  });
});
