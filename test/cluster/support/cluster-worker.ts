/** A process that works on a cluster's cache as it is told; its source is the origin in the process of the test. */
import { type CachedStore, isZarrCacheError } from "zarr-cache";
import type { ChunkCache } from "zarr-cache/node";
import { type CacheWorkCalls, cacheWork } from "../../processes/support/cache-work.ts";
import { connect } from "../../processes/support/calls.ts";
import type { OriginCalls } from "../../processes/support/origin.ts";
import { originSource } from "../../processes/support/origin-source.ts";
import { intercept } from "../../processes/support/strike.ts";
import { assembleCluster, type ClusterOptions, type ClusterPlace } from "./assemble-cluster.ts";
import { type Deed, type Game, play } from "./history-play.ts";

/** What a worker did, in numbers; from `hits` on of the lowest tier. */
export interface ClusterCounts {
  readonly reads: number;
  readonly sourceReads: number;
  readonly hits: number;
  readonly fills: number;
  readonly faults: number;
  readonly corrupt: number;
  readonly evictions: number;
  /** Faults by operation and error. */
  readonly told: Readonly<Record<string, number>>;
}

/** What a worker can be told to do. */
export interface ClusterWorkerCalls extends CacheWorkCalls {
  open(place: ClusterPlace, options: ClusterOptions): Promise<void>;
  /** Opens a cache that does not hear what other processes invalidate. */
  openDeaf(place: ClusterPlace, options: ClusterOptions): Promise<void>;
  counts(): ClusterCounts;
  /** Moves the clock of the breakers. */
  skipAhead(milliseconds: number): void;
  /** Reads, writes and invalidates at random until told to stop, and keeps a record. */
  play(game: Game): Promise<readonly Deed[]>;
  endPlay(): void;
}

const told: Record<string, number> = {};
let cache: ChunkCache;
let store: CachedStore;
let skipped = 0;
let isOver = false;

async function open(place: ClusterPlace, options: ClusterOptions, isDeaf: boolean): Promise<void> {
  cache = await assembleCluster(place, options, {
    monotonic: () => performance.now() + skipped,
    ...(isDeaf && {
      wrapIndex: (index) => intercept(index, { changes: () => ({ cursor: 0, lost: false, paths: [] }) }),
    }),
  });
  cache.on("fault", ({ operation, error }) => {
    const name = isZarrCacheError(error) ? error.message : String(error);
    const text = `${operation}: ${name.slice(0, 100)}`;
    told[text] = (told[text] ?? 0) + 1;
  });
  store = cache.wrap(originSource(origin), "data");
}

const mine: ClusterWorkerCalls & Readonly<Record<string, unknown>> = {
  ...cacheWork(
    () => origin,
    () => ({ cache, store }),
  ),
  open: (place, options) => open(place, options, false),
  openDeaf: (place, options) => open(place, options, true),
  counts() {
    const { reads, source, tiers } = cache.stats();
    const { hits = 0, fills = 0, faults = 0, corrupt = 0, evictions = 0 } = tiers.at(-1) ?? {};
    return { reads, sourceReads: source.reads, hits, fills, faults, corrupt, evictions, told };
  },
  skipAhead(milliseconds) {
    skipped += milliseconds;
  },
  play(game) {
    isOver = false;
    return play(store, origin, game, () => isOver);
  },
  endPlay() {
    isOver = true;
  },
};

const origin = connect<OriginCalls>(process, mine);
process.on("disconnect", () => process.exit());
process.send?.("ready");
