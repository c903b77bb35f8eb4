import { afterAll, describe, it } from "vitest";
import { computeChunksOnce, readBackByAnother } from "../processes/support/node-scenarios.ts";
import type { NodeWorkerPlace } from "../processes/support/node-worker-place.ts";
import { makeOrigin } from "../processes/support/origin.ts";
import { startRadosgw } from "../support/radosgw.ts";
import { hasRedisServer } from "../support/redis-server.ts";
import { givenS3Server } from "../support/s3-server.ts";
import { PATIENT, startCluster } from "./support/cluster.ts";

describe.runIf(await hasRedisServer())("pipelines over Redis and S3", async () => {
  const s3 = givenS3Server() ?? (await startRadosgw());
  afterAll(() => s3?.stop());

  const place = async (): Promise<NodeWorkerPlace> => {
    const cluster = await startCluster(makeOrigin(0, 0), s3 && { s3 });
    return { place: cluster.place, options: { maxBytes: 20e6, memory: 2e6, ...PATIENT } };
  };

  it("compute each chunk once for four processes that read the same region", async () => {
    await computeChunksOnce(await place());
  });

  it("are evaluated once for each region, and a new process reads every stage and every kind of result back", async () => {
    await readBackByAnother(await place());
  });
});
