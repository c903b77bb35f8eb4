import { describe, expect, it } from "vitest";
import { makeOrigin } from "../processes/support/origin.ts";
import { until } from "../processes/support/until.ts";
import { hasRedisServer } from "../support/redis-server.ts";
import type { ClusterOptions } from "./support/assemble-cluster.ts";
import { expectSound, PATIENT, startCluster } from "./support/cluster.ts";

const OPTIONS: ClusterOptions = { ...PATIENT, maxBytes: 4e6, index: { ...PATIENT.index, lockAge: 300 } };

describe.runIf(await hasRedisServer())("the processes of a cluster", () => {
  it("list the bucket in turn, once an hour for all of them", async () => {
    const cluster = await startCluster(makeOrigin(5, 5_000));
    const lists = () => cluster.s3Proxy.requests.filter((request) => request.includes("list-type=2")).length;
    const first = await cluster.start(3);
    for (const worker of first) await worker.call("open", cluster.harmed, OPTIONS);
    await first[0]?.call("get", "/c/0");
    // What an earlier index may have left, and what nobody knows.
    await until(() => lists() >= 2);
    const [late] = await cluster.start(1);
    if (late === undefined) throw new Error("no process was started");
    await late.call("open", cluster.harmed, OPTIONS);
    await cluster.redis.admin.config("RESETSTAT");
    // So many rounds of upkeep that each has come to where it would list.
    await until(async () => scriptsOf(await cluster.redis.admin.info("commandstats")) > 40);
    expect(lists()).toBe(2);
    for (const worker of [...first, late]) await worker.call("close");
    await expectSound(cluster, OPTIONS);
  });
});

function scriptsOf(commandStatistics: string): number {
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(commandStatistics)?.[1] ?? 0);
}
