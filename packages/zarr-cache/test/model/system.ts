import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { CachedStore } from "../../src/cached-store.ts";
import { DiskStoreOpener, LmdbStoreIndex } from "../../src/disk/index.ts";
import { IndexedCacheStorage } from "../../src/indexed-cache-storage.ts";
import { MemoryStoreIndex } from "../../src/memory/memory-store-index.ts";
import { MemoryStoreOpener } from "../../src/memory/memory-store-opener.ts";
import { sliceRange } from "../../src/range.ts";
import type { CacheStorage } from "../../src/storage.ts";
import type { Source } from "../../src/store/source.ts";
import type { StoreIndex } from "../../src/store-index.ts";
import type { StoreOpener } from "../../src/store-opener.ts";
import {
  checkInvariants,
  type Deferred,
  deferred,
  type FaultPlan,
  fakeClock,
  faultPlan,
  faultyIndex,
  faultyOpener,
  faultySource,
} from "../../src/testing/index.ts";
import { TieredCacheStorage } from "../../src/tiered-cache-storage.ts";
import { History } from "./history.ts";

/** What the stores of a run are made over. */
export type Tiers = "memory" | "memory over disk" | "disk";

/** How the source of a run answers ranges. */
export type Ranges = "exact" | "none" | "ignored";

/** How old an answer may be in these runs, in milliseconds. */
export const MAX_AGE = 1000;
/** Claims of the crashed are free after so many milliseconds. */
export const LOCK_AGE = 5000;

const MEMORY_BYTES = 64_000;
const DISK_BYTES = 3e6;

/** A source, two stores over it as two processes would have them, and the history that they are held to. */
export class System {
  readonly values = new Map<string, Uint8Array>();
  readonly clock = fakeClock();
  readonly history = new History(MAX_AGE, this.clock.now);
  readonly sourceFaults: FaultPlan = faultPlan();
  readonly indexFaults: FaultPlan = faultPlan();
  readonly byteFaults: FaultPlan = faultPlan();
  /** Reads that the source has begun and does not answer before it is told to. */
  readonly held: {
    readonly key: string;
    readonly release: Deferred<void>;
    readonly read: Promise<unknown>;
  }[] = [];
  stores: readonly CachedStore[] = [];
  readonly ranges: Ranges;
  readonly #tiers: Tiers;
  readonly #source: Source;
  readonly #directory: string;
  readonly #opened: CacheStorage[] = [];
  #hold: Deferred<void> | undefined;

  private constructor(tiers: Tiers, ranges: Ranges, directory: string) {
    this.#tiers = tiers;
    this.ranges = ranges;
    this.#directory = directory;
    this.#source = this.#makeSource();
  }

  static async open(tiers: Tiers, ranges: Ranges): Promise<System> {
    const directory = tiers === "memory" ? "" : await mkdtemp(join(tmpdir(), "zarr-cache-model-"));
    const system = new System(tiers, ranges, directory);
    system.start();
    return system;
  }

  get isSourceDown(): boolean {
    return this.#down;
  }

  set isSourceDown(down: boolean) {
    this.#down = down;
    this.sourceFaults.clear();
    if (down) this.sourceFaults.add({ kind: "fail" });
  }
  #down = false;

  /** Begins a life: two stores over storages that know nothing of the life before but what is on disk. */
  start(): void {
    const storages = this.#tiers === "memory" ? [this.#memory()] : [this.#overDisk(), this.#overDisk()];
    this.#opened.push(...storages);
    const [first, second = first] = storages as [CacheStorage, CacheStorage?];
    const options = { maxAge: MAX_AGE, staleIfError: 0 };
    this.stores = [first, second as CacheStorage].map(
      (storage) => new CachedStore(this.#source, "s", storage, options),
    );
  }

  /** Ends a life without a word. What it has under way ends some time, as with a process that was stopped. */
  crash(): void {
    for (const { release } of this.held) release.resolve();
    this.held.length = 0;
    this.history.moved(() => this.clock.advance(LOCK_AGE + 1));
    this.start();
  }

  /** Begins a read that the source answers only after {@link answerHeld}, with what it holds now. */
  beginHeldRead(store: CachedStore, key: `/${string}`): void {
    const release = deferred();
    this.#hold = release;
    const read = store.get(key).catch(() => undefined);
    this.held.push({ key, release, read });
  }

  /** Lets the source answer the reads that it holds. */
  async answerHeld(key?: string): Promise<void> {
    this.#hold = undefined;
    for (const held of [...this.held]) {
      if (key !== undefined && held.key !== key) continue;
      this.held.splice(this.held.indexOf(held), 1);
      held.release.resolve();
      await held.read;
    }
  }

  /** Fills the cache with what is dearer than all else. */
  async press(): Promise<void> {
    const [store] = this.stores;
    for (let i = 0; i < 12; i++) {
      const size = this.#tiers === "memory" ? 7000 : 300_000;
      await store?.storage.put({ storeId: "pressure", key: `/${i}` }, new Uint8Array(size), { cost: 1e9 });
    }
  }

  /** Ends the faults and checks that every storage is within its budget and in order. */
  async check(): Promise<void> {
    for (const plan of [this.sourceFaults, this.indexFaults, this.byteFaults]) {
      plan.clear();
      plan.letGo();
    }
    await this.answerHeld();
    for (const store of this.stores) await store.idle();
    for (const storage of this.#opened) await storage.idle();
    for (const storage of this.#opened) await checkInvariants(storage);
  }

  async dispose(): Promise<void> {
    for (const plan of [this.sourceFaults, this.indexFaults, this.byteFaults]) {
      plan.clear();
      plan.letGo();
    }
    await this.answerHeld();
    for (const storage of this.#opened) await storage.close();
    if (this.#directory !== "") await rm(this.#directory, { recursive: true, force: true });
  }

  #makeSource(): Source {
    const { ranges } = this;
    const answer = async (key: string, cut: (value: Uint8Array) => Uint8Array) => {
      const value = this.values.get(key);
      const hold = this.#hold;
      this.#hold = undefined;
      await hold?.promise;
      return value && cut(value);
    };
    const source: Source = {
      get: (key) => answer(key, (value) => value),
      ...(ranges !== "none" && {
        getRange: (key, range) =>
          answer(key, (value) => (ranges === "ignored" ? value : sliceRange(value, range))),
      }),
    };
    return {
      ...faultyReads(source, this.sourceFaults),
      set: async (key, value) => void this.values.set(key, value),
      delete: async (key) => this.values.delete(key),
    };
  }

  #memory(): CacheStorage {
    const index = new MemoryStoreIndex({ maxBytes: MEMORY_BYTES, clock: this.clock.now });
    return this.#tier(index, Object.assign(new MemoryStoreOpener(), { crc32 }));
  }

  #overDisk(): CacheStorage {
    const index = new LmdbStoreIndex(join(this.#directory, "index"), {
      maxBytes: DISK_BYTES,
      clock: this.clock.now,
      lockAge: LOCK_AGE,
      deadline: 5000,
    });
    const opener = new DiskStoreOpener(join(this.#directory, "chunks", "{store_id}"), { minFreeBytes: 0 });
    const disk = this.#tier(index, opener);
    return this.#tiers === "disk" ? disk : new TieredCacheStorage([this.#memory(), disk]);
  }

  #tier(index: StoreIndex, opener: StoreOpener): CacheStorage {
    return new IndexedCacheStorage(
      faultyIndex(index, this.indexFaults),
      faultyOpener(opener, this.byteFaults),
      // A claim whose reply was lost in an index in memory ends with its process only.
      { deadline: "5s", lockTimeout: 10 },
    );
  }
}

/** The reads of a source with faults; what it lacks stays lacking. */
function faultyReads(source: Source, plan: FaultPlan): Source {
  const faulty = faultySource(source, plan);
  return {
    get: (key, options) => faulty.get(key, options),
    ...(source.getRange && { getRange: (key, range, options) => faulty.getRange?.(key, range, options) }),
  };
}
