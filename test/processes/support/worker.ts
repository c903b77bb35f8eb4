/** A process that works on one cache directory as it is told; its source is the origin in the process of the test. */
import { join } from "node:path";
import {
  type CachedStore,
  gdsf,
  type IndexedCacheStorageOptions,
  type RangeQuery,
  type StorageUsage,
  type SweepReport,
  type Use,
  type VerifyReport,
} from "zarr-cache";
import { type DiskStoreOpenerOptions, LmdbStoreIndex, type LmdbStoreIndexOptions } from "zarr-cache/disk";
import { type ChunkCache, type OpenCacheOptions, openCache } from "zarr-cache/node";
import { assembleCache } from "./assemble-cache.ts";
import { connect } from "./calls.ts";
import { type Churn, type ChurnReport, churn } from "./churn.ts";
import { type DiskFault, faultyFiles } from "./faulty-files.ts";
import { type OriginCalls, readName } from "./origin.ts";
import { randomNumbers, shuffled } from "./random-numbers.ts";
import { type Strike, striker, watchedFiles, watchedIndex } from "./strike.ts";
import { tallied } from "./tally.ts";
import { checksumOf, makeValue, versionOf } from "./values.ts";

/** A read of a key, or of a range of it. */
export interface Read {
  readonly key: string;
  readonly range?: RangeQuery;
}

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
export interface WorkerCalls {
  /** Opens a directory as an application does. */
  open(directory: string, options: OpenCacheOptions): Promise<void>;
  /** Opens a directory, to be struck or to have faults. */
  assemble(directory: string, assembly: WorkerAssembly): Promise<void>;
  /** Opens the index of a directory and closes it, so many times. */
  openAndClose(directory: string, times: number): Promise<void>;
  /** Lets so many readers each read everything, in orders of their own; the checksums that each read ever gave. */
  readAll(reads: readonly Read[], readers: number, seed: number): Promise<Record<string, readonly string[]>>;
  /** Reads a key; its version, `undefined` for a missing one. */
  get(key: string): Promise<number | undefined>;
  /** Writes a new version. */
  set(key: string): Promise<number>;
  remove(key: string): Promise<void>;
  invalidate(path: string): Promise<void>;
  churn(work: Churn): Promise<ChurnReport>;
  endChurn(): void;
  /** Whether a key is in the cache. */
  has(key: string): Promise<boolean>;
  counts(): WorkerCounts;
  usage(): Promise<StorageUsage>;
  verify(): Promise<VerifyReport>;
  sweep(): Promise<SweepReport>;
  idle(): Promise<void>;
  close(): Promise<void>;
  /** Makes the disk of an assembled cache fail from now on, or repairs it. */
  breakDisk(fault: DiskFault | undefined): void;
  /** Moves the clock of the breakers of an assembled cache. */
  skipAhead(milliseconds: number): void;
  /** Stops this process inside the next transaction of the index that ranks an entry. */
  stopInTransaction(): void;
}

const source = {
  identity: "the origin",
  async get(key: string): Promise<Uint8Array | undefined> {
    const held = await origin.call("read", key, undefined);
    return held && makeValue(key, held.version, held.size);
  },
  async getRange(key: string, range: RangeQuery): Promise<Uint8Array | undefined> {
    const held = await origin.call("read", key, range);
    if (held === undefined) return undefined;
    const value = makeValue(key, held.version, held.size);
    return "suffixLength" in range
      ? value.slice(-range.suffixLength)
      : value.slice(range.offset, range.offset + range.length);
  },
  async set(key: string, value: Uint8Array): Promise<void> {
    await origin.call("write", key, versionOf(key, value));
  },
  async delete(key: string): Promise<void> {
    await origin.call("remove", key);
  },
};

const disk = faultyFiles();
const warnings: string[] = [];
let cache: ChunkCache;
let store: CachedStore;
let skipped = 0;
let stops = false;
let isOver = false;

const mine: WorkerCalls & Readonly<Record<string, unknown>> = {
  async open(directory, options) {
    cache = await openCache(directory, options);
    store = cache.wrap(source, "data");
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
    store = cache.wrap(source, "data");
  },
  async openAndClose(directory, times) {
    for (let i = 0; i < times; i++) {
      const index = new LmdbStoreIndex(join(directory, "index"), { deadline: "1m" });
      await index.open();
      await index.close();
    }
  },
  async readAll(reads, readers, seed) {
    const seen: Record<string, readonly string[]> = {};
    const readOne = async ({ key, range }: Read): Promise<void> => {
      const value = await (range === undefined ? store.get(key as `/`) : store.getRange(key as `/`, range));
      const checksum = checksumOf(value);
      const name = readName(key, range);
      const checksums = seen[name] ?? [];
      if (!checksums.includes(checksum)) seen[name] = [...checksums, checksum];
    };
    const readInOrder = async (order: readonly Read[]): Promise<void> => {
      for (const read of order) await readOne(read);
    };
    await Promise.all(
      Array.from({ length: readers }, (_, i) => readInOrder(shuffled(reads, randomNumbers(seed + i)))),
    );
    return seen;
  },
  async get(key) {
    const value = await store.get(key as `/`);
    return value && versionOf(key, value);
  },
  async set(key) {
    const { version, size } = await origin.call("next", key);
    await store.set(key as `/`, makeValue(key, version, size));
    return version;
  },
  remove: (key) => store.delete(key as `/`),
  invalidate: (path) => store.invalidate(path),
  churn(work) {
    isOver = false;
    return churn(store, origin, work, () => isOver);
  },
  endChurn() {
    isOver = true;
  },
  has: (key) => cache.storage.has({ storeId: "data", key }),
  counts() {
    const { source: asked, tiers } = cache.stats();
    const { fills = 0, faults = 0, evictions = 0 } = tiers.at(-1) ?? {};
    return { sourceReads: asked.reads, memoryHits: tiers[0]?.hits ?? 0, fills, faults, evictions, warnings };
  },
  usage: () => cache.usage(),
  verify: () => cache.verify(),
  sweep: () => cache.sweep(),
  idle: () => cache.idle(),
  close: () => cache.close(),
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
