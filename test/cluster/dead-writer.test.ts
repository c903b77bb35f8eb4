import { describe, it } from "vitest";
import { deafen, expectHeardOfDeadWriter } from "../processes/support/dead-writer.ts";
import { makeOrigin } from "../processes/support/origin.ts";
import { hasRedisServer } from "../support/redis-server.ts";
import { type ClusterWorker, expectSound, PATIENT, startCluster } from "./support/cluster.ts";

describe.runIf(await hasRedisServer())("what a process wrote that died before it could tell", () => {
  it.each([1, 4])("is read by others within a bound, with shards: %i", async (shards) => {
    const origin = deafen(makeOrigin(1, 10_000));
    const cluster = await startCluster(origin);
    const options = {
      ...PATIENT,
      maxBytes: 4e6,
      memory: 1e6,
      index: { ...PATIENT.index, lockAge: 1000, shards },
    };
    const [writer, reader] = (await cluster.start(2)) as [ClusterWorker, ClusterWorker];
    for (const worker of [writer, reader]) await worker.call("open", cluster.place, options);
    await expectHeardOfDeadWriter(origin, writer, reader);
    await reader.call("close");
    await expectSound(cluster, options);
  });
});
