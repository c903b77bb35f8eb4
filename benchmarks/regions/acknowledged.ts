import { Documents } from "@zarr-cache/regions";
import type { NatsRegions } from "../../test/support/nats-regions.ts";
import { startRedisServer } from "../../test/support/redis-server.ts";
import type { Finding } from "../frame/benchmark.ts";
import { interleave, timed } from "../frame/rounds.ts";
import { ratioOf, spreadOf } from "../frame/spread.ts";
import { percentile } from "./percentile.ts";
import { openInStep } from "./three-regions.ts";

/** What a write takes until it is acknowledged, one at a time, beside a SET of the same bytes. */
export async function acknowledged(nats: NatsRegions, rounds: number, writes: number): Promise<Finding[]> {
  const regions = await openInStep(nats, "acknowledged");
  const documents = new Documents(regions[0] as (typeof regions)[number]);
  const redis = await startRedisServer();
  const value = JSON.stringify({ text: "x".repeat(1000) });
  let next = 0;
  const tails = { ours: [] as number[], set: [] as number[] };
  const side = (name: keyof typeof tails, write: (key: string) => Promise<unknown>) => async () => {
    const took: number[] = [];
    for (let n = 0; n < writes; n++) took.push(await timed(() => write(`doc/${next++}`)));
    tails[name].push(percentile(took, 99));
    return percentile(took, 50);
  };
  try {
    const middle = await interleave(rounds, {
      ours: side("ours", (key) => documents.put(key, value)),
      set: side("set", (key) => redis.admin.set(key, value)),
    });
    const row = (what: string, ours: readonly number[], set: readonly number[]): Finding => ({
      what,
      ours: { spread: spreadOf(ours), unit: "ms" },
      beside: { who: "SET", spread: spreadOf(set), unit: "ms" },
      figure: { spread: ratioOf(ours, set), unit: "× SET" },
    });
    // The first round of each does not count.
    return [
      row("a write, acknowledged, p50", middle.ours, middle.set),
      row("a write, acknowledged, p99", tails.ours.slice(1), tails.set.slice(1)),
    ];
  } finally {
    await redis.stop();
    await documents.close();
    await Promise.all(regions.map((region) => region.close()));
  }
}
