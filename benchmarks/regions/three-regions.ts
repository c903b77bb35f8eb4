import { setTimeout as pause } from "node:timers/promises";
import { Region } from "@zarr-cache/regions";
import { type NatsRegions, startNatsRegions } from "../../test/support/nats-regions.ts";

/** Milliseconds from one region to another and back. */
export const ROUND_TRIP = 80;

export const NAMES = ["fra", "iad", "sin"] as const;

/** Three regions on the loopback, as far from each other as {@link ROUND_TRIP} says. The first is the hub. */
export async function startThreeRegions(): Promise<NatsRegions> {
  const nats = await startNatsRegions(...NAMES);
  for (const { cable } of nats.regions) cable?.delay(ROUND_TRIP / 2);
  return nats;
}

/** Opens a region in this process for each name, once all hold each other's logs. */
export async function openInStep(
  nats: NatsRegions,
  namespace: string,
  names: readonly string[] = NAMES,
): Promise<Region[]> {
  const regions: Region[] = [];
  for (const name of names)
    regions.push(await Region.open({ region: name, nats: nats.region(name).url, namespace, heartbeat: 500 }));
  await waitUntil(() => regions.every((region) => region.logs("documents").streams.size === names.length));
  return regions;
}

/** Looks again and again until something holds, for two minutes at most. */
export async function waitUntil(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 120_000; !(await holds()); await pause(20))
    if (performance.now() > end) throw new Error("The regions did not come into step within two minutes");
}
