import { once } from "node:events";
import type { NatsRegions } from "../../test/support/nats-regions.ts";
import type { Finding } from "../frame/benchmark.ts";
import { startProgram } from "../frame/program.ts";
import { spreadOf } from "../frame/spread.ts";
import type { FollowerOrder } from "./follower-program.ts";
import { percentile } from "./percentile.ts";
import { openInStep, ROUND_TRIP } from "./three-regions.ts";
import type { WriterOrder } from "./writer-program.ts";

const WRITER = new URL("./writer-program.ts", import.meta.url);
const FOLLOWER = new URL("./follower-program.ts", import.meta.url);

/** What may come on top of the round trip, in milliseconds, at 1,000 writes a second. */
const ALLOWED = 100;

/** How long after a write began it is known in another region, writer and reader each in a process of its own. */
export async function replicationLag(
  nats: NatsRegions,
  rounds: number,
  seconds: number,
  perSecond: number,
): Promise<Finding> {
  const namespace = `lag-${perSecond}`;
  const regions = await openInStep(nats, namespace);
  const [fra, iad] = ["fra", "iad"].map((region) => ({ region, nats: nats.region(region).url, namespace }));
  const count = Math.max(20, Math.round(perSecond * seconds));
  const [middles, tails, rates]: [number[], number[], number[]] = [[], [], []];
  try {
    const stream = regions[0]?.own("documents").stream as string;
    for (let round = 0; round <= rounds; round++) {
      const follower = startProgram<"ready" | number[]>(FOLLOWER, { ...iad, stream, count } as FollowerOrder);
      await follower.answer;
      const lags = once(follower.process, "message") as Promise<[number[]]>;
      const order = { ...fra, prefix: `round-${round}`, count, perSecond } as WriterOrder;
      const writer = startProgram<number>(WRITER, order);
      const [took, [heard]] = await Promise.all([writer.answer, lags]);
      // The first round does not count.
      if (round === 0) continue;
      middles.push(percentile(heard, 50));
      tails.push(percentile(heard, 99));
      rates.push(count / took);
    }
    const reached = Math.round(spreadOf(rates).median);
    const asked = perSecond.toLocaleString("en");
    const isReached = reached >= 0.95 * perSecond;
    return {
      what: `known in another region, at ${asked} writes/s${isReached ? "" : ` (${reached.toLocaleString("en")} reached)`}: p50, and p99`,
      ours: { spread: spreadOf(middles), unit: "ms" },
      figure: { spread: spreadOf(tails), unit: "ms" },
      ...(perSecond === 1000 && { target: { limit: ROUND_TRIP + ALLOWED, better: "lower" } }),
    };
  } finally {
    await Promise.all(regions.map((region) => region.close()));
  }
}
