import { describe, expect, it } from "vitest";
import { makeOrigin } from "../processes/support/origin.ts";
import { randomNumbers, shuffled } from "../processes/support/random-numbers.ts";
import { until } from "../processes/support/until.ts";
import { hasRedisServer } from "../support/redis-server.ts";
import type { ClusterOptions } from "./support/assemble-cluster.ts";
import { type ClusterWorker, expectSound, PATIENT, startCluster } from "./support/cluster.ts";

const REOPENINGS = 10;
const OPTIONS: ClusterOptions = { maxBytes: 400_000, memory: 50_000, ...PATIENT };

describe.runIf(await hasRedisServer())("a cache in Redis and S3", () => {
  it(`is opened ${REOPENINGS} times, and nothing that was invalidated or evicted comes back`, async () => {
    const cluster = await startCluster(makeOrigin(60, 10_000));
    const { origin } = cluster;
    const keys = [...origin.values.keys()];
    const keptBy = async (worker: ClusterWorker) => {
      const kept = await Promise.all(keys.map((key) => worker.call("has", key)));
      return keys.filter((_, i) => kept[i]);
    };
    let before: { readonly kept: readonly string[]; readonly objects: readonly string[] } | undefined;
    let evictions = 0;
    for (let opening = 0; opening < REOPENINGS; opening++) {
      const random = randomNumbers(opening);
      const [worker] = (await cluster.start(1)) as [ClusterWorker];
      await worker.call("open", cluster.place, OPTIONS);
      if (before !== undefined) {
        expect(before.kept).toEqual(expect.arrayContaining(await keptBy(worker)));
        expect([...(await cluster.objects()).keys()]).toEqual(before.objects);
      }
      for (const key of shuffled(keys, random))
        expect(await worker.call("get", key)).toBe(origin.values.get(key)?.version);
      await worker.call("idle");
      const dropped = shuffled(await keptBy(worker), random).slice(0, 5);
      for (const key of dropped) {
        origin.change(key);
        await worker.call("invalidate", key);
      }
      await worker.call("idle");
      await until(async () => (await worker.call("usage")).condemnedBytes === 0);
      // What only the memory of this process has is gone with it.
      const kept = await keptBy(worker);
      expect(kept.filter((key) => dropped.includes(key))).toEqual([]);
      before = { kept, objects: [...(await cluster.objects()).keys()] };
      evictions += (await worker.call("counts")).evictions;
      await worker.call("close");
      await worker.kill();
    }
    expect(evictions, "some were evicted").toBeGreaterThan(REOPENINGS);
    await expectSound(cluster, OPTIONS);
  });
});
