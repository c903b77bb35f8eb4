import { describe, expect, it } from "vitest";
import { makeOrigin, type Origin } from "../processes/support/origin.ts";
import { until } from "../processes/support/until.ts";
import { hasRedisServer } from "../support/redis-server.ts";
import type { ClusterOptions } from "./support/assemble-cluster.ts";
import { type Cluster, type ClusterWorker, expectSound, startCluster } from "./support/cluster.ts";
import { type Taken, unexplained } from "./support/history-check.ts";
import { type Deed, machineTime } from "./support/history-play.ts";

const PROCESSES = 4;
const COHERENCE = 1500;
/** For a machine with other work: a process that hears an invalidation may not get its turn at once. */
const MARGIN = 1500;
const OPTIONS: ClusterOptions = {
  maxBytes: 4e6,
  memory: 1e6,
  index: { deadline: 2000, coherence: COHERENCE },
  tier: { deadline: 4000 },
};
const seed = Number(process.env["HISTORY_SEED"] ?? Date.now() % 100_000);

/** An origin that keeps a record of what it takes, and changes by itself. */
function recordedOrigin(): { readonly origin: Origin; readonly taken: Taken[] } {
  const origin = makeOrigin(12, 4000);
  const taken: Taken[] = [...origin.values].map(([key, { version }]) => ({ key, version, at: 0 }));
  const write = (key: string, version: number) => {
    taken.push({ key, version, at: machineTime() });
    origin.calls.write(key, version);
  };
  return { origin: { ...origin, calls: { ...origin.calls, write } }, taken };
}

/** What happens while the processes play. */
type Meanwhile = (cluster: Cluster, workers: readonly ClusterWorker[]) => Promise<unknown>;

/** Lets processes play until something is over; what they did. */
async function playTogether(
  cluster: Cluster,
  open: "open" | "openDeaf",
  meanwhile: Meanwhile,
): Promise<readonly (readonly Deed[])[]> {
  console.log(`HISTORY_SEED=${seed}`);
  const keys = [...cluster.origin.values.keys()];
  const workers = await cluster.start(PROCESSES);
  // The first one reaches Redis through the proxy.
  await Promise.all(
    workers.map((worker, i) =>
      worker.call(open, i === 0 ? { ...cluster.place, redis: cluster.harmed.redis } : cluster.place, OPTIONS),
    ),
  );
  // Whoever changes a key drops its own copy; the deaf must not be told by their own deeds.
  const playing = workers.map((worker, i) =>
    worker.call("play", { keys, players: 3, seed: seed + i, onlyReads: open === "openDeaf" && i > 0 }),
  );
  await meanwhile(cluster, workers);
  for (const worker of workers) await worker.call("endPlay");
  const deeds = await Promise.all(playing);
  for (const worker of workers) await worker.call("close");
  return deeds;
}

/** Lets so many milliseconds pass: how old copies are is what is looked at. */
function pass(milliseconds: number): Promise<void> {
  const end = machineTime() + milliseconds;
  return until(() => machineTime() >= end);
}

describe.runIf(await hasRedisServer())("four processes that read, write and invalidate at random", () => {
  it("read nothing that no order of the writes explains, nor anything older than `coherence`", async () => {
    const { origin, taken } = recordedOrigin();
    const cluster = await startCluster(origin);
    const deeds = await playTogether(cluster, "open", () => pass(2 * (COHERENCE + MARGIN)));
    expect(unexplained({ deeds, taken, staleness: COHERENCE + MARGIN })).toEqual([]);
    for (const own of deeds) expect(own.filter(({ kind }) => kind === "read").length).toBeGreaterThan(200);
    await expectSound(cluster, OPTIONS);
  });

  it("nor while one of them is cut off from Redis without noticing", async () => {
    const { origin, taken } = recordedOrigin();
    const cluster = await startCluster(origin);
    const deeds = await playTogether(cluster, "open", async ({ redisProxy }) => {
      redisProxy.stall();
      await pass(2 * (COHERENCE + MARGIN));
      redisProxy.heal();
      await pass(COHERENCE);
    });
    expect(unexplained({ deeds, taken, staleness: COHERENCE + MARGIN })).toEqual([]);
    await expectSound(cluster, OPTIONS);
  });

  it("nor while Redis is restarted empty", async () => {
    const { origin, taken } = recordedOrigin();
    const cluster = await startCluster(origin);
    const deeds = await playTogether(cluster, "open", async ({ redis }) => {
      for (let times = 0; times < 4; times++) {
        await pass(COHERENCE / 2);
        await redis.restart();
      }
      await pass(COHERENCE + MARGIN);
    });
    expect(unexplained({ deeds, taken, staleness: COHERENCE + MARGIN })).toEqual([]);
    await expectSound(cluster, OPTIONS);
  });

  it("are caught when they do not hear what others drop", async () => {
    const { origin, taken } = recordedOrigin();
    const cluster = await startCluster(origin);
    const deeds = await playTogether(cluster, "openDeaf", () => pass(2 * (COHERENCE + MARGIN)));
    expect(unexplained({ deeds, taken, staleness: COHERENCE + MARGIN }).length).toBeGreaterThan(0);
  });
});
