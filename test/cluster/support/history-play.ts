import { type CachedStore, isZarrCacheError } from "zarr-cache";
import type { Peer } from "../../processes/support/calls.ts";
import type { OriginCalls } from "../../processes/support/origin.ts";
import { randomNumbers } from "../../processes/support/random-numbers.ts";
import { makeValue, versionOf } from "../../processes/support/values.ts";

/** What a process does at random. */
export interface Game {
  readonly keys: readonly string[];
  /** How many play at the same time. */
  readonly players: number;
  readonly seed: number;
  /** Whether it only reads, so that what others change reaches it by hearsay alone. */
  readonly onlyReads: boolean;
}

/** One thing that was done, in milliseconds of a clock that all processes of a machine share. */
export interface Deed {
  readonly kind: "read" | "write" | "invalidate";
  readonly key: string;
  readonly start: number;
  readonly end: number;
  /** The version that was read (0: missing) or written; of an invalidation nothing. */
  readonly version: number;
  /** False for a write or an invalidation that was refused or whose end could not be told. */
  readonly isDone: boolean;
}

/** Milliseconds on the machine's monotonic clock. */
export function machineTime(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Reads, writes and invalidates at random until told to stop. */
export async function play(
  store: CachedStore,
  origin: Peer<OriginCalls>,
  { keys, players, seed, onlyReads }: Game,
  isOver: () => boolean,
): Promise<readonly Deed[]> {
  const deeds: Deed[] = [];
  const player = async (random: () => number): Promise<void> => {
    while (!isOver()) {
      // Memory answers at once, and the word that it is over has to be heard.
      await new Promise(setImmediate);
      const key = keys[Math.floor(random() * keys.length)] as `/${string}`;
      const dice = random();
      const kind = onlyReads ? "read" : dice < 0.04 ? "write" : dice < 0.06 ? "invalidate" : "read";
      let version = 0;
      let isDone = true;
      let start = machineTime();
      if (kind === "read") {
        const value = await store.get(key);
        version = value === undefined ? 0 : versionOf(key, value);
      } else {
        const next = kind === "write" ? await origin.call("next", key) : undefined;
        version = next?.version ?? 0;
        start = machineTime();
        isDone = await isAccepted(
          next === undefined
            ? store.invalidate(key)
            : store.set(key, makeValue(key, next.version, next.size)),
        );
      }
      deeds.push({ kind, key, start, end: machineTime(), version, isDone });
    }
  };
  await Promise.all(Array.from({ length: players }, (_, i) => player(randomNumbers(seed * 1000 + i))));
  return deeds;
}

async function isAccepted(change: Promise<void>): Promise<boolean> {
  try {
    await change;
    return true;
  } catch (error) {
    if (isZarrCacheError(error, "CacheUnavailableError")) return false;
    throw error;
  }
}
