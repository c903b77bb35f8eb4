import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { makeOrigin } from "../processes/support/origin.ts";
import { until } from "../processes/support/until.ts";
import { hasRedisServer } from "../support/redis-server.ts";
import type { ClusterOptions } from "./support/assemble-cluster.ts";
import { type Cluster, type ClusterWorker, expectSound, startCluster } from "./support/cluster.ts";

const PROCESSES = 4;
const KILLS = 30;
const KILL_EVERY = 200;
const LOCK_AGE = 400;
const COHERENCE = 2500;
/** For a machine with other work. */
const MARGIN = 2500;

const OPTIONS: ClusterOptions = {
  maxBytes: 1e6,
  memory: 200_000,
  index: { deadline: 2000, lockAge: LOCK_AGE, coherence: COHERENCE },
  tier: { deadline: 4000 },
};

/** Keeps a place filled with a process that works, and starts another when it is killed. */
async function keepWorking(
  cluster: Cluster,
  place: number,
  working: Map<number, ClusterWorker>,
  isOver: () => boolean,
): Promise<void> {
  const keys = [...cluster.origin.values.keys()];
  const own = keys.filter((_, i) => i % PROCESSES === place);
  for (let life = 0; !isOver(); life++) {
    const [worker] = (await cluster.start(1)) as [ClusterWorker];
    await worker.call("open", cluster.place, OPTIONS);
    working.set(place, worker);
    // Ends without an answer, as it is killed.
    await worker.call("churn", { keys, own, readers: 16, seed: 100 * place + life }).catch(() => {});
    await worker.ended;
  }
}

describe.runIf(await hasRedisServer())("processes that are killed", () => {
  it(`leave nothing behind that matters, one of ${PROCESSES} every ${KILL_EVERY} ms`, async () => {
    const cluster = await startCluster(makeOrigin(100, 20_000, { staleness: COHERENCE + MARGIN }));
    const [witness] = (await cluster.start(1)) as [ClusterWorker];
    await witness.call("open", cluster.place, OPTIONS);
    const keys = [...cluster.origin.values.keys()];
    const watching = witness.call("churn", { keys, own: [], readers: 4, seed: 9 });
    const bucket = cluster.watchBucket();
    const working = new Map<number, ClusterWorker>();
    let isOver = false;
    const places = Array.from({ length: PROCESSES }, (_, place) =>
      keepWorking(cluster, place, working, () => isOver),
    );
    const killOne = async () => {
      const [place] = working.keys();
      if (place === undefined) return false;
      const victim = working.get(place);
      working.delete(place);
      await victim?.kill();
      return true;
    };
    for (let kills = 0; kills < KILLS; ) {
      // The one place where time decides, since no moment is to be chosen.
      await pause(KILL_EVERY);
      if (await killOne()) kills++;
    }
    isOver = true;
    let living = PROCESSES;
    for (const place of places) void place.then(() => living--);
    await until(async () => {
      await killOne();
      return living === 0;
    });
    await witness.call("endChurn");
    const { slowestRead } = await watching;
    expect(slowestRead, "the longest wait of one that lives").toBeLessThan(LOCK_AGE + 4000 + MARGIN);
    const { samples, mostBytes } = await bucket.stop();
    expect(samples).toBeGreaterThan(100);
    expect(mostBytes).toBeLessThanOrEqual(OPTIONS.maxBytes);
    expect(mostBytes, "it was full at times").toBeGreaterThan(0.7 * OPTIONS.maxBytes);
    await witness.call("close");
    await expectSound(cluster, OPTIONS);
  });
});
