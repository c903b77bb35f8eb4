import type { CachedStore, RangeQuery, StorageUsage, SweepReport, VerifyReport } from "zarr-cache";
import type { ChunkCache } from "zarr-cache/node";
import type { Peer } from "./calls.ts";
import { type Churn, type ChurnReport, churn } from "./churn.ts";
import { type OriginCalls, readName } from "./origin.ts";
import { randomNumbers, shuffled } from "./random-numbers.ts";
import { checksumOf, makeValue, versionOf } from "./values.ts";

/** A read of a key, or of a range of it. */
export interface Read {
  readonly key: string;
  readonly range?: RangeQuery;
}

/** What a process can be told to do with the cache that it has opened. */
export interface CacheWorkCalls {
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
  usage(): Promise<StorageUsage>;
  verify(): Promise<VerifyReport>;
  sweep(): Promise<SweepReport>;
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** A cache, and the store of the id `data` in it. */
export interface OpenedCache {
  readonly cache: ChunkCache;
  readonly store: CachedStore;
}

/** Works with whatever cache is open at the time of a call. */
export function cacheWork(origin: () => Peer<OriginCalls>, opened: () => OpenedCache): CacheWorkCalls {
  let isOver = false;
  return {
    async readAll(reads, readers, seed) {
      const { store } = opened();
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
      const value = await opened().store.get(key as `/`);
      return value && versionOf(key, value);
    },
    async set(key) {
      const { version, size } = await origin().call("next", key);
      await opened().store.set(key as `/`, makeValue(key, version, size));
      return version;
    },
    remove: (key) => opened().store.delete(key as `/`),
    invalidate: (path) => opened().store.invalidate(path),
    churn(work) {
      isOver = false;
      return churn(opened().store, origin(), work, () => isOver);
    },
    endChurn() {
      isOver = true;
    },
    has: (key) => opened().cache.storage.has({ storeId: "data", key }),
    usage: () => opened().cache.usage(),
    verify: () => opened().cache.verify(),
    sweep: () => opened().cache.sweep(),
    idle: () => opened().cache.idle(),
    close: () => opened().cache.close(),
  };
}
