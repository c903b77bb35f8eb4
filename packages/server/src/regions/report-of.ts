import type { RegionState } from "@zarr-cache/regions";
import type { RegionReport } from "./served-region.ts";

/** What a region's state says to those who ask; `undefined` where the region's NATS server does not answer. */
export function reportOf(
  region: string,
  state: RegionState | undefined,
  now: number,
): Omit<RegionReport, "counts" | "conflicts"> {
  if (state === undefined) return { region, joined: false, domain: null, members: [], logs: [], backlog: [] };
  const members = state.members.map(({ id, region, url, heardAt, roundTrip }) => ({
    id,
    region,
    url: url ?? null,
    heardAgo: Math.max(0, now - heardAt),
    roundTrip: roundTrip ?? null,
  }));
  const logs = state.logs.map(({ region, kind, stream, sequence, behind, stoppedFor }) => ({
    region,
    kind,
    stream,
    sequence,
    behind,
    stoppedFor,
  }));
  return { region, joined: true, domain: state.domain ?? null, members, logs, backlog: backlogOf(state) };
}

/** How many operations of this region every other one has not got yet, as its members say. */
function backlogOf({ region, members, logs }: RegionState): RegionReport["backlog"] {
  const own = logs.filter((log) => log.region === region);
  const others = new Set([...logs, ...members].map((it) => it.region));
  others.delete(region);
  return [...others].sort().flatMap((other) => {
    const there = members.filter((member) => member.region === other);
    return own.map(({ kind, stream, sequence }) => {
      const held = Math.max(0, ...there.map(({ streams }) => streams[stream] ?? 0));
      return { region: other, kind, behind: there.length === 0 ? null : Math.max(0, sequence - held) };
    });
  });
}
