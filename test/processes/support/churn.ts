import { type CachedStore, isZarrCacheError } from "zarr-cache";
import type { Peer } from "./calls.ts";
import type { OriginCalls } from "./origin.ts";
import { randomNumbers } from "./random-numbers.ts";
import { makeValue, versionOf } from "./values.ts";

/** Work without an end, for a process that is to die of it. */
export interface Churn {
  /** Keys that are read. */
  readonly keys: readonly string[];
  /** Keys that this process alone writes; none: it only reads. */
  readonly own: readonly string[];
  /** How many work at the same time. */
  readonly readers: number;
  readonly seed: number;
}

/** What was done until it was told to stop. */
export interface ChurnReport {
  readonly steps: number;
  /** Milliseconds of the longest step. */
  readonly slowest: number;
  /** Milliseconds of the longest read. */
  readonly slowestRead: number;
}

/** Reads, writes and invalidates at random until told to stop, and complains to the origin of whatever is wrong. */
export async function churn(
  store: CachedStore,
  origin: Peer<OriginCalls>,
  { keys, own, readers, seed }: Churn,
  isOver: () => boolean,
): Promise<ChurnReport> {
  let steps = 0;
  let slowest = 0;
  let slowestRead = 0;
  const work = async (random: () => number): Promise<void> => {
    const one = (of: readonly string[]) => of[Math.floor(random() * of.length)] as `/${string}`;
    while (!isOver()) {
      const dice = own.length === 0 ? 1 : random();
      const key = one(dice < 0.15 ? own : keys);
      const started = performance.now();
      if (dice < 0.1) {
        const { version, size } = await origin.call("next", key);
        if (await isDone(store.set(key, makeValue(key, version, size))))
          await origin.call("written", key, version);
      } else if (dice < 0.15) await isDone(store.invalidate(key));
      else {
        const floor = await origin.call("floor", key);
        const asked = performance.now();
        const value = await store.get(key);
        slowestRead = Math.max(slowestRead, performance.now() - asked);
        const version = value && versionOf(key, value);
        if (version === undefined || version < floor)
          await origin.call("complain", `${key} was ${version ?? "missing"} and not ${floor} or later`);
      }
      steps++;
      slowest = Math.max(slowest, performance.now() - started);
    }
  };
  const complaining = async (random: () => number): Promise<void> => {
    while (!isOver())
      try {
        await work(random);
      } catch (error) {
        await origin.call("complain", String(error));
      }
  };
  await Promise.all(Array.from({ length: readers }, (_, i) => complaining(randomNumbers(seed * 1000 + i))));
  return { steps, slowest, slowestRead };
}

/** False when the index could not be reached in time: then a write is refused, as it says, and a read is not. */
async function isDone(writing: Promise<void>): Promise<boolean> {
  try {
    await writing;
    return true;
  } catch (error) {
    if (isZarrCacheError(error, "CacheUnavailableError")) return false;
    throw error;
  }
}
