import type { Benchmark } from "./frame/benchmark.ts";
import { acknowledged } from "./regions/acknowledged.ts";
import { convergence } from "./regions/convergence.ts";
import { replicationLag } from "./regions/lag.ts";
import { locality } from "./regions/locality.ts";
import { startThreeRegions } from "./regions/three-regions.ts";

const CUT_SECONDS = Number(process.env["REGIONS_CUT_SECONDS"] ?? 60);
const CUT_WRITES = Number(process.env["REGIONS_CUT_WRITES"] ?? 100_000);
const RATES = [10, 1000, 10_000];

/** What several regions take to agree, and what they save. */
export const regions: Benchmark = {
  name: "regions",
  about: `Three regions on the loopback, each a nats-server of its own with files, 80 ms from each other and back through a proxy; nothing
is synced to disk before it is acknowledged, as in Redis without append-only file. Writes of 1 KB documents one at a time, beside a plain SET; how
long after a write began it is known in another region, p99 as the figure, for 2 s a round; two regions after a cable was cut, while
each takes 100,000 writes (\`REGIONS_CUT_SECONDS\`, \`REGIONS_CUT_WRITES\`). Then reads by Zipf's law over 2,000 chunks of 16 KiB from a source
that takes 250 ms: 3,000 in each region, 8 at a time, all regions at once and one after the other.`,

  async run({ rounds, quick, progress }) {
    const nats = await startThreeRegions();
    const seconds = quick ? 0.5 : 2;
    try {
      progress("writes");
      const findings = await acknowledged(nats, rounds, quick ? 50 : 500);
      for (const rate of RATES) {
        progress(`replication at ${rate} writes/s`);
        findings.push(await replicationLag(nats, rounds, seconds, rate));
      }
      progress("a cut");
      findings.push(...(await convergence(nats, quick ? 2 : CUT_SECONDS, quick ? 1000 : CUT_WRITES)));
      progress("reads");
      findings.push(...(await locality(nats, quick ? 300 : 3000)));
      return { findings };
    } finally {
      await nats.stop();
    }
  },
};
