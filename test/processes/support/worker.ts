/** A process that works on one cache directory as it is told; its source is the origin in the process of the test. */
import { join } from "node:path";
import { type CachedStore, gdsf, type IndexedCacheStorageOptions, type Use } from "zarr-cache";
import { type DiskStoreOpenerOptions, LmdbStoreIndex, type LmdbStoreIndexOptions } from "zarr-cache/disk";
import { type ChunkCache, type OpenCacheOptions, openCache } from "zarr-cache/node";
import { assembleCache } from "./assemble-cache.ts";
import { type CacheWorkCalls, cacheWork } from "./cache-work.ts";
import { connect } from "./calls.ts";
import { type DiskFault, faultyFiles } from "./faulty-files.ts";
import type { OriginCalls } from "./origin.ts";
import { originSource } from "./origin-source.ts";
import { type Strike, striker, watchedFiles, watchedIndex } from "./strike.ts";
import { tallied } from "./tally.ts";

/** How a worker opens the directory when it is to be struck, or to be faulty. */
export interface WorkerAssembly {
  readonly index?: Pick<LmdbStoreIndexOptions, "maxBytes" | "lockAge" | "deadline">;
  readonly opener?: Pick<DiskStoreOpenerOptions, "minFreeBytes">;
  readonly tier?: Pick<IndexedCacheStorageOptions, "deadline">;
  readonly memory?: number;
  /** Signals this process at some moment. */
  readonly strike?: Strike;
  /** File that holds what is under way, see `tally.ts`. */
  readonly tally?: string;
}

/** What a worker did, in numbers. */
export interface WorkerCounts {
  readonly sourceReads: number;
  /** Look-ups that the best tier answered. */
  readonly memoryHits: number;
  /** Of the lowest tier. */
  readonly fills: number;
  readonly faults: number;
  readonly evictions: number;
  readonly warnings: readonly string[];
}

/** What a worker can be told to do. */
export interface WorkerCalls extends CacheWorkCalls {
  /** Opens a directory as an application does. */
  open(directory: string, options: OpenCacheOptions): Promise<void>;
  /** Opens a directory, to be struck or to have faults. */
  assemble(directory: string, assembly: WorkerAssembly): Promise<void>;
  /** Opens the index of a directory and closes it, so many times. */
  openAndClose(directory: string, times: number): Promise<void>;
  counts(): WorkerCounts;
  /** Makes the disk of an assembled cache fail from now on, or repairs it. */
  breakDisk(fault: DiskFault | undefined): void;
  /** Moves the clock of the breakers of an assembled cache. */
  skipAhead(milliseconds: number): void;
  /** Stops this process inside the next transaction of the index that ranks an entry. */
  stopInTransaction(): void;
}

const disk = faultyFiles();
const warnings: string[] = [];
let cache: ChunkCache;
let store: CachedStore;
let skipped = 0;
let stops = false;

const mine: WorkerCalls & Readonly<Record<string, unknown>> = {
  ...cacheWork(
    () => origin,
    () => ({ cache, store }),
  ),
  async open(directory, options) {
    cache = await openCache(directory, options);
    store = cache.wrap(originSource(origin), "data");
  },
  async assemble(directory, { index, opener, tier, memory, strike, tally }) {
    const reach = striker(strike);
    const policy = (use: Use) => {
      if (stops) process.kill(process.pid, "SIGSTOP");
      stops = false;
      return gdsf(use);
    };
    cache = await assembleCache(directory, {
      index: { ...index, policy },
      onWarning: (message) => void warnings.push(message),
      opener: { ...opener, files: watchedFiles(disk.files, reach) },
      tier: { ...tier, monotonic: () => performance.now() + skipped },
      ...(memory !== undefined && { memory }),
      wrapIndex: (it) => watchedIndex(tally === undefined ? it : tallied(it, tally), reach),
    });
    store = cache.wrap(originSource(origin), "data");
  },
  async openAndClose(directory, times) {
    for (let i = 0; i < times; i++) {
      const index = new LmdbStoreIndex(join(directory, "index"), { deadline: "1m" });
      await index.open();
      await index.close();
    }
  },
  counts() {
    const { source: asked, tiers } = cache.stats();
    const { fills = 0, faults = 0, evictions = 0 } = tiers.at(-1) ?? {};
    return { sourceReads: asked.reads, memoryHits: tiers[0]?.hits ?? 0, fills, faults, evictions, warnings };
  },
  breakDisk(fault) {
    disk.fault = fault;
  },
  skipAhead(milliseconds) {
    skipped += milliseconds;
  },
  stopInTransaction() {
    stops = true;
  },
};

const origin = connect<OriginCalls>(process, mine);
process.on("disconnect", () => process.exit());
process.send?.("ready");
