import { expect } from "vitest";
import { until } from "../../processes/support/until.ts";
import type { ClusterOptions, ClusterPlace } from "./assemble-cluster.ts";
import { type Cluster, type ClusterWorker, expectSound } from "./cluster.ts";

/** Something that goes wrong while processes work. */
export interface Harm {
  /** How the workers reach the servers. */
  readonly place: ClusterPlace;
  begin(): Promise<unknown> | unknown;
  end(): Promise<unknown> | unknown;
}

/** What was seen while something was wrong. */
export interface SeenInHarm {
  /** Faults of the lowest tier, in all processes. */
  readonly faults: number;
  readonly corrupt: number;
}

/** Milliseconds that are added to each bound, for a machine with other work. */
const MARGIN = 2500;
const PROCESSES = 2;
/** Reads of each process while something is wrong. */
const READS_IN_HARM = 300;

/** What processes are opened with that work through harm. */
export const HARMED: ClusterOptions = {
  maxBytes: 4e6,
  memory: 300_000,
  index: { deadline: 250, lockAge: 1000, coherence: 2500 },
  opener: { timeout: 1500, deadline: 1500, retries: 0 },
  tier: { deadline: 500 },
};

/** How much older a read elsewhere may be than what was written, in milliseconds: `coherence` and a margin. */
export const STALENESS = 2500 + MARGIN;

/**
 * The longest that a read may take: the tier's deadline, and the time after which a claim ends whose holder cannot end it
 * or cannot write. The source takes no time.
 */
const LONGEST_READ = 500 + 1500 + MARGIN;

/**
 * Lets processes read, write and invalidate, does harm meanwhile, and expects: every read equals the source, none fails
 * or takes too long, the budget holds, and when it is over service is normal again and nothing is left.
 */
export async function workThrough(cluster: Cluster, harm: Harm): Promise<SeenInHarm> {
  const { origin } = cluster;
  const workers = await cluster.start(PROCESSES);
  await Promise.all(workers.map((worker) => worker.call("open", harm.place, HARMED)));
  const keys = [...origin.values.keys()];
  const reads = keys.map((key) => ({ key }));
  await Promise.all(workers.map((worker, i) => worker.call("readAll", reads, 2, i)));
  const bucket = cluster.watchBucket();
  const working = workers.map((worker, slot) => {
    const own = keys.filter((_, i) => i % PROCESSES === slot);
    return worker.call("churn", { keys, own, readers: 4, seed: slot + 1 });
  });

  await harm.begin();
  const begun = await countsOf(workers);
  await until(async () => {
    const now = await countsOf(workers);
    return now.every(({ reads }, i) => reads - (begun[i]?.reads ?? 0) >= READS_IN_HARM);
  });
  await harm.end();
  const ended = await countsOf(workers);
  for (const worker of workers) await worker.call("endChurn");
  const reports = await Promise.all(working);
  for (const { slowestRead } of reports) expect(slowestRead).toBeLessThan(LONGEST_READ);

  await expectNormal(workers, reads);
  const { mostBytes, samples } = await bucket.stop();
  expect(samples).toBeGreaterThan(5);
  expect(mostBytes).toBeLessThanOrEqual(HARMED.maxBytes);
  for (const worker of workers) await worker.call("close");
  await expectSound(cluster, HARMED);
  return {
    faults: ended.reduce((sum, { faults }) => sum + faults, 0),
    corrupt: ended.reduce((sum, { corrupt }) => sum + corrupt, 0),
  };
}

/** Waits until everything is read from the cache again, by the same processes. */
async function expectNormal(
  workers: readonly ClusterWorker[],
  reads: readonly { readonly key: string }[],
): Promise<void> {
  // Breakers are tried again after some seconds, which need not be waited for.
  for (const worker of workers) await worker.call("skipAhead", 10_000);
  await until(async () => {
    const before = await countsOf(workers);
    await Promise.all(workers.map((worker, i) => worker.call("readAll", reads, 2, i)));
    for (const worker of workers) await worker.call("idle");
    const after = await countsOf(workers);
    return after.every(({ sourceReads, hits }, i) => {
      const { sourceReads: readBefore = 0, hits: hitsBefore = 0 } = before[i] ?? {};
      return sourceReads === readBefore && hits > hitsBefore;
    });
  });
}

function countsOf(workers: readonly ClusterWorker[]) {
  return Promise.all(workers.map((worker) => worker.call("counts")));
}
