import { CachedStore } from "../cached-store.ts";
import { ClosedError } from "../errors.ts";
import type {
  CacheStorage,
  StorageEvents,
  StorageUsage,
  SweepReport,
  VerifyOptions,
  VerifyReport,
} from "../storage.ts";
import type { SourceLike } from "../store/source.ts";
import { addStatistics, type StoreStatistics } from "../store/statistics.ts";
import type { CachedStoreOptions } from "../store/store-options.ts";
import type { EntryPage, EntryQuery } from "../store-index.ts";

/** A cache that was opened by location: wraps sources, and is closed as one. */
export class ChunkCache {
  /** The tiers. */
  readonly storage: CacheStorage;
  readonly #stores = new Set<CachedStore>();
  #closed = false;

  constructor(storage: CacheStorage) {
    this.storage = storage;
  }

  /** Makes a store that reads a source through this cache. */
  wrap(source: SourceLike, storeId: string, options?: CachedStoreOptions): CachedStore {
    if (this.#closed) throw new ClosedError("The cache");
    const store = new CachedStore(source, storeId, this.storage, options);
    this.#stores.add(store);
    return store;
  }

  /** What all stores of this cache did in this process, and what each tier did. */
  stats(): StoreStatistics {
    const stores = [...this.#stores].map((store) => store.stats());
    return addStatistics(stores, this.storage.tierStatistics());
  }

  /** Counts and sizes, of one store or of all. */
  usage(storeId?: string): Promise<StorageUsage> {
    return this.storage.usage(storeId);
  }

  /** A page of what is cached, sorted by key, size, age, hits or cost. */
  entries(query?: EntryQuery): Promise<EntryPage> {
    return this.storage.entries(query);
  }

  /** Drops the copies of one store and forgets which source its id belongs to. */
  deleteStore(storeId: string): Promise<void> {
    return this.storage.deleteStore(storeId);
  }

  /** Compares index and bytes; with `{ repair: true }`, sets right what is wrong. */
  verify(options?: VerifyOptions): Promise<VerifyReport> {
    return this.storage.verify(options);
  }

  /** Deletes what nothing charges for, and what the dead held. Happens by itself as well. */
  sweep(): Promise<SweepReport> {
    return this.storage.sweep();
  }

  /** Calls back for what happens inside the tiers, see `CacheStorage.on`; returns the way to stop it. */
  on<E extends keyof StorageEvents>(event: E, listener: (detail: StorageEvents[E]) => void): () => void {
    return this.storage.on(event, listener);
  }

  /** Resolves when no read and no background fill of this process is under way. */
  async idle(): Promise<void> {
    await Promise.all([...this.#stores].map((store) => store.idle()));
    await this.storage.idle();
  }

  /**
   * Waits for the fills that have their bytes, then closes the stores and the tiers. What is cached stays cached; reads
   * that still wait for a source end uncached. Close it before `process.exit()`.
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([...this.#stores].map((store) => store.close()));
    await this.storage.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
