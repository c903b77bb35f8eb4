import { ClosedError, InvalidValueError, UnsupportedError } from "./errors.ts";
import { assertKey, assertPath, type Key } from "./key.ts";
import type { MaybePromise } from "./maybe-promise.ts";
import { assertSignal } from "./options.ts";
import { assertRange, type RangeQuery } from "./range.ts";
import type { CacheStorage } from "./storage.ts";
import { exportContext } from "./store/export-context.ts";
import { type ExportOptions, type ExportReport, type ExportTarget, exportKeys } from "./store/exporting.ts";
import type { FrontDesk } from "./store/front-desk.ts";
import { type ImportOptions, type ImportReport, type ImportSource, importValues } from "./store/importing.ts";
import { unpinKeys } from "./store/pinning.ts";
import { type RangeReader, rangeReader } from "./store/range-reader.ts";
import type { OnAnswer, ReadAnswer } from "./store/read-answer.ts";
import { type RefreshOptions, type RefreshReport, refresh, refreshContext } from "./store/refreshing.ts";
import { type KeySelection, selectKeys } from "./store/selection.ts";
import type { SourceLike } from "./store/source.ts";
import type { StoreStatistics } from "./store/statistics.ts";
import { listen, type StoreEvents, warnOfUnusedRules } from "./store/store-events.ts";
import type { AskOptions, AtOnceOptions, CachedStoreOptions, ReadOptions } from "./store/store-options.ts";
import { openRooms, type StoreRooms } from "./store/store-rooms.ts";
import { warmContext } from "./store/warm-context.ts";
import { type WarmOptions, type WarmReport, warm } from "./store/warming.ts";
import { assertClearing, clearSource, writeThrough } from "./store/write-through.ts";

/**
 * A store that reads through a cache: any slow source becomes fast on the second read.
 *
 * It is a store itself, so zarrita arrays, and further `CachedStore`s, read through it without knowing. Reads answer
 * what the source held at some moment within the age that the options allow; nothing that happens to the cache makes
 * one fail. Each missing key is asked for once, however many readers wait for it in however many processes that share
 * the storage.
 *
 * ```ts
 * const storage = new IndexedCacheStorage(new MemoryStoreIndex({ maxBytes: "512 MB" }), new MemoryStoreOpener());
 * const store = new CachedStore(new zarr.FetchStore(url), "era5", storage);
 * const t2m = await zarr.open(zarr.root(store).resolve("t2m"), { kind: "array" });
 * ```
 */
export class CachedStore {
  readonly storeId: string;
  /** The storage that holds the copies. Closing this store does not close it. */
  readonly storage: CacheStorage;
  readonly #rooms: StoreRooms;
  readonly #desk: FrontDesk;
  #closed = false;

  constructor(source: SourceLike, storeId: string, storage: CacheStorage, options: CachedStoreOptions = {}) {
    this.storeId = storeId;
    this.storage = storage;
    this.#rooms = openRooms(source, storeId, storage, options);
    this.#desk = this.#rooms.desk;
  }

  /** Names the data behind the source, if that is known. */
  get identity(): string | undefined {
    return this.#rooms.identity;
  }

  /** Array extensions that the source brings along for zarrita. */
  get arrayExtensions(): unknown {
    return (this.#rooms.source as { arrayExtensions?: unknown }).arrayExtensions;
  }

  /** Reads a value whole; `undefined` when the key is missing. Rejects only with the source's own failure. */
  get(key: Key, options?: ReadOptions): Promise<Uint8Array | undefined> {
    return this.#read(key, undefined, options);
  }

  /**
   * Reads bytes of a value: from an offset, or the last ones. What lies behind the end is left out.
   * A source without `getRange` is read whole and sliced.
   * Who binds it, as each zarrita array does, has a reader that mixes no versions of a shard; see {@link RangeReader.bind}.
   */
  readonly getRange: RangeReader<ReadOptions> = rangeReader((key, range, options, version, tell) => {
    const told =
      tell &&
      ((answer: ReadAnswer) => {
        tell(answer.validator);
        options?.onAnswer?.(answer);
      });
    try {
      assertRange(range);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#read(key, range, options, told, version);
  });

  /**
   * As {@link CachedStore.get}, or `getRange` where a range is given, but in the same turn where memory has the answer: for
   * servers, which would make a promise and a signal for every hit. Throws at once what the others reject with at once.
   */
  getAtOnce(key: Key, options: AtOnceOptions = {}): MaybePromise<Uint8Array | undefined> {
    const { range, signal, onAnswer } = options;
    if (range !== undefined) assertRange(range);
    this.#assertUsable(key);
    return this.#desk.read(key, range, signal, onAnswer);
  }

  /** Whether the key has a value: by a fresh entry, else by the source. */
  async has(key: Key, options?: ReadOptions): Promise<boolean> {
    this.#assertUsable(key);
    assertSignal("signal", options?.signal ?? undefined);
    return this.#desk.has(key, options?.signal ?? undefined, options?.onAnswer);
  }

  /**
   * Writes a value to the source; the copy is refreshed if there was one, and no reader sees an older value once this
   * resolves. Rejects before the source is touched when an index that must hear of it cannot be reached.
   */
  async set(key: Key, value: Uint8Array): Promise<void> {
    this.#assertUsable(key);
    if (!(value instanceof Uint8Array)) throw new InvalidValueError(key, value, "The value");
    await writeThrough(this.#rooms, key, value);
  }

  /** Deletes a key from the source, and its copies. */
  async delete(key: Key): Promise<void> {
    this.#assertUsable(key);
    await writeThrough(this.#rooms, key, undefined);
  }

  /** All keys of the source under a path, recursively. Throws `UnsupportedError` where the source cannot list. */
  keys(prefix = "/", { signal }: AskOptions = {}): AsyncIterable<string> {
    this.#assertOpen();
    return this.#rooms.listing.keys(prefix, signal);
  }

  /** Direct children of a path, sorted: keys, and deeper paths with a `/` at their end. */
  async list(prefix = "/", { signal }: AskOptions = {}): Promise<string[]> {
    this.#assertOpen();
    return this.#rooms.listing.list(prefix, signal);
  }

  /** Number of keys of the source. */
  async count(): Promise<number> {
    let count = 0;
    for await (const _ of this.keys()) count++;
    return count;
  }

  /** Bytes of the source's values under a path. */
  async getSize(prefix = "/", { signal }: AskOptions = {}): Promise<number> {
    this.#assertOpen();
    return this.#rooms.listing.size(prefix, signal);
  }

  /** Empties the source and the copy. There is no `clear()` that might mean either; `invalidate()` drops the copy. */
  async clear(options: { readonly source: true }): Promise<void> {
    assertClearing(options);
    await clearSource(this);
    await this.invalidate();
  }

  /**
   * Drops the copy of a path: `"/a/"` everything below, `"/a"` that key and everything below `/a/`, default all.
   * What is being fetched at the moment will not be kept.
   */
  async invalidate(path = "/"): Promise<void> {
    assertPath(path);
    this.#assertOpen();
    await this.storage.invalidate(this.storeId, path);
  }

  /**
   * Asks the source about all that is cached of a path (as in {@link CachedStore.invalidate}), however young it is: by
   * validators where there are any, so that what holds still costs no bytes. Metadata go first; where these have changed,
   * what is below is dropped unasked. Failures of single keys are reported, not thrown, and leave the copy as it is.
   */
  async refresh(path = "/", options: RefreshOptions = {}): Promise<RefreshReport> {
    assertPath(path);
    this.#assertOpen();
    if (this.#rooms.isOffline) throw new UnsupportedError("refresh()", "the store is offline");
    return refresh(refreshContext(this.#rooms, path), options);
  }

  /**
   * Reads keys, or those of a pattern, or the chunks of arrays, so that they are cached in the lowest tier: readers go
   * first, and what nobody has read yet is evicted first. With `pin`, they stay until they are unpinned, across restarts;
   * rejects with `PinLimitError` where that is more than `maxPinnedBytes` of the index. What is cached and fresh is not
   * fetched again, so a call after an abort does the rest. Failures of single keys are reported, not thrown.
   */
  async warm(selection: KeySelection, options: WarmOptions = {}): Promise<WarmReport> {
    this.#assertOpen();
    const context = warmContext(this, this.#desk, (key) => this.#assertUsable(key));
    return warm(context, selection, options);
  }

  /** Lets go of keys that were pinned, of all by default; they are evicted in their turn. Returns how many there were. */
  async unpin(selection?: KeySelection): Promise<number> {
    this.#assertOpen();
    const context = { read: this.#rooms.document, keys: (path: string) => this.keys(path) };
    return unpinKeys(this.storage, this.storeId, selection && (await selectKeys(selection, context)).keys);
  }

  /**
   * Writes what is cached, or a selection, as a plain Zarr hierarchy to a writable store; what is selected and not cached
   * is fetched. Rejects with `PartialExportError`, before anything is written, where chunks of an array would be left
   * out, unless `partial` allows it. The first failure ends it.
   */
  async export(
    target: ExportTarget,
    selection?: KeySelection,
    options: ExportOptions = {},
  ): Promise<ExportReport> {
    this.#assertOpen();
    const get = (key: Key, signal?: AbortSignal) => this.get(key, signal && { signal });
    const context = exportContext(this.#rooms, get, options?.cachedOnly ?? false);
    return exportKeys(target, selection, options, context);
  }

  /**
   * Puts keys with their values into the cache, as if they had been read from the source, which is not asked: what was
   * exported, or any other Zarr hierarchy. Replaces what is cached under the same keys.
   */
  async import(source: ImportSource, options: ImportOptions = {}): Promise<ImportReport> {
    this.#assertOpen();
    await this.#rooms.binding.bound();
    return importValues(this.storage, this.storeId, source, options);
  }

  /** What this store did since it was made, and what each tier did for its store id. */
  stats(): StoreStatistics {
    return this.#rooms.counters.snapshot(this.storage.tierStatistics(this.storeId));
  }

  /**
   * Calls back on every event of a name; returns the way to stop it. Throws `InvalidOptionError` for an event that is not
   * among {@link StoreEvents}, or a listener that is not a function. A listener that throws, or rejects, disturbs neither
   * the read nor other listeners: its first error is a `fault`, or is shown on the console where nobody listens to those.
   */
  on<E extends keyof StoreEvents>(event: E, listener: (detail: StoreEvents[E]) => void): () => void {
    return listen(this.#rooms.events, this.storage, this.storeId, event, listener);
  }

  /** Resolves when the reads and background fills of this store are done. Waits for fills as long as `CacheStorage.idle`. */
  async idle(): Promise<void> {
    await this.#rooms.reader.idle();
    await this.storage.idle(this.storeId);
  }

  /**
   * Waits for the fills of this store that have their bytes, and gives up the others; reads under way end uncached.
   * The storage stays open, and what is cached stays cached.
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#rooms.binding.close();
    warnOfUnusedRules(this.#rooms.events, this.storeId, this.#rooms.freshness.unusedPatterns);
    await this.#rooms.reader.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #read(
    key: Key,
    range: RangeQuery | undefined,
    options: ReadOptions | undefined,
    told: OnAnswer | undefined = options?.onAnswer,
    version?: string,
  ): Promise<Uint8Array | undefined> {
    const signal = options?.signal ?? undefined;
    try {
      this.#assertUsable(key);
      assertSignal("signal", signal);
      signal?.throwIfAborted();
    } catch (error) {
      return Promise.reject(error);
    }
    return Promise.resolve(this.#desk.read(key, range, signal, told, version));
  }

  #assertUsable(key: Key): void {
    this.#assertOpen();
    assertKey(key);
  }

  #assertOpen(): void {
    if (this.#closed) throw new ClosedError(`The store "${this.storeId}"`);
  }
}
