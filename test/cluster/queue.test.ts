import { afterAll, describe, expect, it } from "vitest";
import { lats, queueScene, range, sorted } from "../nodes/support/queue-scene.ts";
import { makeOrigin } from "../processes/support/origin.ts";
import { startRadosgw } from "../support/radosgw.ts";
import { hasRedisServer } from "../support/redis-server.ts";
import { givenS3Server } from "../support/s3-server.ts";
import { PATIENT, startCluster } from "./support/cluster.ts";

describe.runIf(await hasRedisServer())("a queue whose results meet in Redis and S3", async () => {
  const s3 = givenS3Server() ?? (await startRadosgw());
  afterAll(() => s3?.stop());

  const scene = async (lockAge?: "5s") => {
    const cluster = await startCluster(makeOrigin(0, 0), s3 && { s3 });
    const index = { ...PATIENT.index, ...(lockAge && { lockAge }) };
    const options = { maxBytes: 20e6, memory: 2e6, ...PATIENT, index };
    return { cluster, ...(await queueScene(cluster.redis, { place: cluster.place, options })) };
  };

  it("gives what serial gives, bit for bit, each chunk once, and needs nobody for what is kept", async () => {
    const { cluster, node, alone, asked, evaluator, worker } = await scene();
    const workers = [await worker(), await worker()];
    const methods = [evaluator(), evaluator()];
    const serial = await alone.eval(lats(1, 24));
    for (const out of await Promise.all(methods.map((method) => node.eval(lats(1, 24), { method }))))
      expect([out.toTypedArray(), out.units]).toEqual([serial.toTypedArray(), "m"]);
    expect(sorted(asked)).toEqual(range(1, 24));
    expect((await cluster.objects()).size).toBeGreaterThanOrEqual(6);
    await Promise.all(workers.map((each) => each.kill()));
    const part = await node.getCache("output", lats(3, 20));
    expect(part.toTypedArray()).toEqual(serial.toTypedArray().slice(2, 22));
    expect(asked.length).toBe(24);
  });

  it("gives the chunks of a worker that was killed to another", async () => {
    // What it had claimed in the cache is another's after that.
    const { node, alone, asked, hold, evaluator, worker } = await scene("5s");
    const doomed = await worker({ lockDuration: 1000 });
    const held = hold(6);
    const evaluating = node.eval(lats(1, 16), { method: evaluator() });
    await held.arrived;
    await doomed.kill();
    await worker({ lockDuration: 1000 });
    const out = await evaluating;
    expect(out.toTypedArray()).toEqual((await alone.eval(lats(1, 16))).toTypedArray());
    // Once, and what the dead one had begun a second time.
    expect(sorted(asked)).toEqual(sorted([...range(1, 16), ...range(5, 4)]));
  });
});
