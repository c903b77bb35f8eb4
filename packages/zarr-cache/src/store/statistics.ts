import type { TierStatistics } from "../tier-statistics.ts";

/**
 * What one `CachedStore` did since it was made. A read is one valid call of `get` or `getRange`.
 *
 * `reads = hits + negativeHits + stale + coalesced + misses + failures`, once none is under way.
 */
export interface StoreStatistics {
  /** Reads that were begun. */
  readonly reads: number;
  /** Reads answered with fresh bytes from the cache, in whatever tier. */
  readonly hits: number;
  /** Reads answered from the cache with the fact that the key is missing. */
  readonly negativeHits: number;
  /** Reads answered with bytes past their age, while they are fetched anew or because the source failed. */
  readonly stale: number;
  /** Reads answered by a source read that another read had begun. */
  readonly coalesced: number;
  /** Reads answered by a source read of their own. */
  readonly misses: number;
  /** Reads that were rejected, the reader's own abort included. */
  readonly failures: number;
  /** Share of the reads that needed no source read of their own: 0 … 1. */
  readonly hitRatio: number;
  readonly source: SourceStatistics;
  /** What each tier did for this store in this process, best tier first. */
  readonly tiers: readonly TierStatistics[];
}

/** What a source was asked for. */
export interface SourceStatistics {
  /** Calls of the source's `get` and `getRange`. */
  readonly reads: number;
  /** Bytes that they answered. */
  readonly bytes: number;
  /** Of these, calls that answered that the key is missing. */
  readonly missing: number;
  /** Of these, calls that answered that a copy still holds, which moves no bytes. */
  readonly unchanged: number;
  /** Calls that threw, aborted ones included. */
  readonly failures: number;
  /** Mean milliseconds of a call that did not throw; 0 before the first. */
  readonly meanMilliseconds: number;
  /** Calls of `set` and `delete`. */
  readonly writes: number;
}

/** Counts for {@link StoreStatistics}. */
export class StoreCounters {
  reads = 0;
  hits = 0;
  negativeHits = 0;
  stale = 0;
  coalesced = 0;
  misses = 0;
  failures = 0;
  readonly source = {
    reads: 0,
    bytes: 0,
    missing: 0,
    unchanged: 0,
    failures: 0,
    /** Of all calls that did not throw. */
    milliseconds: 0,
    writes: 0,
  };

  /** What was counted so far; later counting does not change it. */
  snapshot(tiers: readonly TierStatistics[]): StoreStatistics {
    const { source, ...store }: StoreCounters = this;
    const { milliseconds, ...calls } = source;
    const answered = store.hits + store.negativeHits + store.stale + store.coalesced + store.misses;
    const done = calls.reads - calls.failures;
    return {
      ...store,
      hitRatio: answered === 0 ? 0 : (answered - store.misses) / answered,
      source: { ...calls, meanMilliseconds: done <= 0 ? 0 : milliseconds / done },
      tiers,
    };
  }
}

/** Adds the statistics of several stores; `tiers` are those of the storage that they share. */
export function addStatistics(
  stores: readonly StoreStatistics[],
  tiers: readonly TierStatistics[],
): StoreStatistics {
  const total = new StoreCounters();
  for (const { source, ...store } of stores) {
    total.reads += store.reads;
    total.hits += store.hits;
    total.negativeHits += store.negativeHits;
    total.stale += store.stale;
    total.coalesced += store.coalesced;
    total.misses += store.misses;
    total.failures += store.failures;
    total.source.reads += source.reads;
    total.source.bytes += source.bytes;
    total.source.missing += source.missing;
    total.source.unchanged += source.unchanged;
    total.source.failures += source.failures;
    total.source.milliseconds += source.meanMilliseconds * (source.reads - source.failures);
    total.source.writes += source.writes;
  }
  return total.snapshot(tiers);
}
