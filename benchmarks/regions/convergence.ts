import { setTimeout as pause } from "node:timers/promises";
import type { Region } from "@zarr-cache/regions";
import type { NatsRegions } from "../../test/support/nats-regions.ts";
import type { Finding } from "../frame/benchmark.ts";
import { startProgram } from "../frame/program.ts";
import { timed } from "../frame/rounds.ts";
import { spreadOf } from "../frame/spread.ts";
import { openInStep, waitUntil } from "./three-regions.ts";
import type { WriterOrder } from "./writer-program.ts";

const WRITER = new URL("./writer-program.ts", import.meta.url);
const SIDES = ["fra", "iad"] as const;

/** How soon two regions are equal after a cut with writes on both sides. */
export async function convergence(nats: NatsRegions, seconds: number, writes: number): Promise<Finding[]> {
  const namespace = "convergence";
  const regions = await openInStep(nats, namespace, SIDES);
  const cable = nats.region("iad").cable;
  try {
    cable?.stall();
    const cut = pause(seconds * 1000);
    const wrote = SIDES.map((region) => {
      const order: WriterOrder = {
        region,
        nats: nats.region(region).url,
        namespace,
        prefix: region,
        count: writes,
      };
      return startProgram<number>(WRITER, order).answer;
    });
    const took = await Promise.all(wrote);
    await cut;
    if (await areEqual(regions, writes)) throw new Error("The cable was not cut");
    const milliseconds = await timed(async () => {
      cable?.heal();
      await waitUntil(() => areEqual(regions, writes));
    });
    const each = writes.toLocaleString("en");
    const figure = (value: number, unit: string) => ({ spread: spreadOf([value]), unit });
    return [
      {
        what: `equal again after a cut of ${seconds} s with ${each} writes on each side`,
        figure: figure(milliseconds / 1000, "s"),
        target: { limit: 30, better: "lower" },
      },
      {
        what: "operations taken in meanwhile, both ways",
        figure: figure((2 * writes) / (milliseconds / 1000), "/s"),
        target: { limit: 10_000, better: "higher" },
      },
      {
        what: "writes acknowledged during the cut, by both sides at once, 256 in flight each",
        figure: figure(
          took.reduce((sum, it) => sum + writes / it, 0),
          "/s",
        ),
      },
    ];
  } finally {
    cable?.heal();
    await Promise.all(regions.map((region) => region.close()));
  }
}

/** Whether each region holds every message of both logs. */
async function areEqual(regions: readonly Region[], writes: number): Promise<boolean> {
  for (const region of regions)
    for (const stream of region.logs("documents").streams.keys()) {
      const { state } = await region.link.manager.streams.info(stream);
      if (state.last_seq !== writes || state.messages !== writes) return false;
    }
  return true;
}
