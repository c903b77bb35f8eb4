import type { Deed } from "./history-play.ts";

/** A version as the source took it, in the order in which it did. */
export interface Taken {
  readonly key: string;
  readonly version: number;
  /** Machine time, see `machineTime`. */
  readonly at: number;
}

/** What several processes did, and what the source saw of it. */
export interface History {
  /** Of each process. */
  readonly deeds: readonly (readonly Deed[])[];
  /** Every version that a key ever had at the source. */
  readonly taken: readonly Taken[];
  /** For how many milliseconds a read may give what another process has overwritten or invalidated. */
  readonly staleness: number;
}

/** From a moment on, nobody may read what the source held of a key before its n-th version. */
interface Bound {
  readonly since: number;
  readonly process: number;
  readonly place: number;
}

/**
 * Looks for reads that no order of the writes and invalidations explains; one line for each.
 *
 * A read is explained when the source held its version at some moment before the read ended, and no write or
 * invalidation that had ended before the read began (in another process: `staleness` before it began) left a later one.
 */
export function unexplained({ deeds, taken, staleness }: History): readonly string[] {
  const places = new Map<string, Map<number, Taken & { readonly place: number }>>();
  for (const it of taken) {
    const ofKey = places.get(it.key) ?? new Map<number, Taken & { readonly place: number }>();
    places.set(it.key, ofKey.set(it.version, { ...it, place: ofKey.size }));
  }
  const bounds = boundsOf(deeds, places);
  const wrong: string[] = [];
  for (const [process, own] of deeds.entries())
    for (const { kind, key, start, end, version } of own) {
      if (kind !== "read") continue;
      const held = places.get(key)?.get(version);
      if (held === undefined || held.at > end) {
        wrong.push(`Process ${process} read version ${version} of ${key} before the source held it`);
        continue;
      }
      for (const bound of bounds.get(key) ?? []) {
        const patience = bound.process === process ? 0 : staleness;
        if (bound.place <= held.place || bound.since + patience >= start) continue;
        const late = Math.round(start - bound.since);
        wrong.push(
          `Process ${process} read version ${version} of ${key} ${late} ms after process ${bound.process} had dropped it`,
        );
        break;
      }
    }
  return wrong;
}

function boundsOf(
  deeds: History["deeds"],
  places: ReadonlyMap<string, ReadonlyMap<number, { readonly at: number; readonly place: number }>>,
): Map<string, Bound[]> {
  const bounds = new Map<string, Bound[]>();
  for (const [process, own] of deeds.entries())
    for (const { kind, key, start, end, version, isDone } of own) {
      if (kind === "read" || !isDone) continue;
      const ofKey = places.get(key) ?? new Map();
      // An invalidation drops whatever came before the version that the source held when it began.
      const place =
        kind === "write"
          ? ofKey.get(version)?.place
          : Math.max(...[...ofKey.values()].filter(({ at }) => at <= start).map((it) => it.place));
      if (place !== undefined) bounds.set(key, [...(bounds.get(key) ?? []), { since: end, process, place }]);
    }
  return bounds;
}
