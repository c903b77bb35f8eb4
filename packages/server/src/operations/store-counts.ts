import type { StoreStatistics } from "zarr-cache";
import type { ProcessStatistics } from "./process-statistics.ts";

/** How a store was read, in all processes of a server together. */
export interface StoreCounts {
  readonly reads: number;
  readonly failures: number;
  /** Share of the reads that did not fail and needed no read of the source of their own; `undefined` before the first. */
  readonly hitRatio: number | undefined;
  readonly sourceReads: number;
  readonly sourceBytes: number;
  readonly sourceFailures: number;
}

/** Adds up what processes count of a store. */
export function storeCounts(processes: readonly ProcessStatistics[], id: string): StoreCounts {
  const told = processes.flatMap(({ stores }) => stores[id] ?? []);
  const sum = (of: (store: StoreStatistics) => number) => told.reduce((all, store) => all + of(store), 0);
  const [reads, failures] = [sum((store) => store.reads), sum((store) => store.failures)];
  const answered = sum(
    ({ hits, negativeHits, stale, coalesced, misses }) => hits + negativeHits + stale + coalesced + misses,
  );
  const misses = sum((store) => store.misses);
  return {
    reads,
    failures,
    hitRatio: answered === 0 ? undefined : (answered - misses) / answered,
    sourceReads: sum(({ source }) => source.reads),
    sourceBytes: sum(({ source }) => source.bytes),
    sourceFailures: sum(({ source }) => source.failures),
  };
}
