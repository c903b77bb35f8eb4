import { randomBytes } from "node:crypto";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, it, onTestFinished } from "vitest";
import { makeOrigin } from "../processes/support/origin.ts";
import { until } from "../processes/support/until.ts";
import { hasRedisServer } from "../support/redis-server.ts";
import { clientOf } from "../support/s3-server.ts";
import type { ClusterOptions } from "./support/assemble-cluster.ts";
import { type Cluster, expectSound, PATIENT, startCluster } from "./support/cluster.ts";

const KEYS = 60;
const ORPHANS = 150;
const OPTIONS: ClusterOptions = { ...PATIENT, maxBytes: 4e6, index: { ...PATIENT.index, lockAge: 1000 } };

/** Puts objects into the bucket that no index knows. */
async function plantOrphans({ place }: Cluster): Promise<void> {
  const client = clientOf({ ...place.s3, stop: async () => {} });
  onTestFinished(() => client.destroy());
  for (let i = 0; i < ORPHANS; i++) {
    const token = randomBytes(20).toString("hex");
    const Key = `cache/data.zarr/${token.slice(-2)}/${token}`;
    await client.send(new PutObjectCommand({ Bucket: place.bucket, Key, Body: new Uint8Array(1000) }));
  }
}

describe.runIf(await hasRedisServer())("several sweepers at once", () => {
  it("delete what is nobody's, and nothing else, while others read, write and die", async () => {
    const origin = makeOrigin(KEYS, 5_000);
    const cluster = await startCluster(origin);
    const keys = [...origin.values.keys()];
    const [dying, ...sweepers] = await cluster.start(4);
    if (dying === undefined) throw new Error("no process was started");
    await dying.call("open", cluster.harmed, OPTIONS);
    for (const sweeper of sweepers) await sweeper.call("open", cluster.place, OPTIONS);
    // It dies with a claim, a reservation and bytes on their way.
    const release = cluster.s3Proxy.hold("PUT");
    await dying.call("get", keys[0] as string);
    await until(() => cluster.s3Proxy.requests.some((request) => request.startsWith("PUT ")));
    await dying.kill();
    await plantOrphans(cluster);
    const [reader] = sweepers;
    const reads = keys.map((key) => ({ key }));
    await reader?.call("readAll", reads, 2, 1);

    const working = sweepers.map((sweeper, i) => {
      const own = keys.filter((_, place) => place % sweepers.length === i);
      return sweeper.call("churn", { keys, own, readers: 2, seed: i + 1 });
    });
    for (let round = 0; round < 3; round++)
      await Promise.all(sweepers.map((sweeper) => sweeper.call("sweep")));
    for (const sweeper of sweepers) await sweeper.call("endChurn");
    await Promise.all(working);
    release();
    for (const sweeper of sweepers) {
      const { faults, corrupt, told } = await sweeper.call("counts");
      expect({ faults, corrupt, told }).toEqual({ faults: 0, corrupt: 0, told: {} });
      await sweeper.call("close");
    }
    await expectSound(cluster, OPTIONS);
  });
});
