import { ClosedError, InvalidOptionError, InvalidValueError, UnsupportedError } from "./errors.ts";
import { Emitter } from "./events.ts";
import { assertKey, assertPath, assertStoreId, type Key } from "./key.ts";
import { reportListenerError } from "./listener-errors.ts";
import { isPromise, type MaybePromise } from "./maybe-promise.ts";
import { assertFunction, assertKnownOptions, assertSignal } from "./options.ts";
import type { Part } from "./part.ts";
import { assertRange, copyBytes, type RangeQuery, rangeLength } from "./range.ts";
import { type CacheHit, type CacheStorage, STORAGE_EVENTS, type StorageEvents } from "./storage.ts";
import { type ExportOptions, type ExportReport, type ExportTarget, exportKeys } from "./store/exporting.ts";
import { Freshness, type FreshnessOptions } from "./store/freshness.ts";
import { type ImportOptions, type ImportReport, type ImportSource, importValues } from "./store/importing.ts";
import { Listing } from "./store/listing.ts";
import { cachedKeys, offlineSource, readOffline } from "./store/offline.ts";
import { Reader } from "./store/reader.ts";
import type { KeySelection } from "./store/selection.ts";
import { asSource, type Source, type SourceLike } from "./store/source.ts";
import { StoreCounters, type StoreStatistics } from "./store/statistics.ts";
import { emitHit, STORE_EVENTS, type StoreEvents } from "./store/store-events.ts";
import { type WarmedValue, type WarmOptions, type WarmReport, warm } from "./store/warming.ts";

/** Options of {@link CachedStore}. */
export interface CachedStoreOptions extends FreshnessOptions {
  /** Names the data behind the source, where the source does not; another source under the same id is refused. */
  readonly identity?: string;
  /** Whether a value (`undefined`: a missing key) is worth keeping, given the milliseconds that it took. Default: all. */
  readonly shouldCache?: (key: string, value: Uint8Array | undefined, cost: number) => boolean;
  /**
   * `"copy"` (default): every reader gets bytes of its own. `"shared"`: readers of a memory tier get the very bytes that
   * are kept, and must not write to them; only for sources without `set`.
   */
  readonly isolation?: "copy" | "shared";
  /**
   * Answers from the cache alone, whatever the age of what is there, and rejects with `OfflineError` for the rest. The
   * source is never touched, not even looked at: for its name give `identity`. Default no.
   */
  readonly offline?: boolean;
}

/** Options of a read. Others are let be, since array libraries hand the options of `fetch` through. */
export interface ReadOptions {
  /** Ends this reader's wait. Other readers of the same key go on. */
  readonly signal?: AbortSignal | null;
}

const OPTIONS = [
  "identity",
  "maxAge",
  "rules",
  "jitter",
  "random",
  "staleWhileRevalidate",
  "staleIfError",
  "shouldCache",
  "isolation",
  "offline",
] as const satisfies (keyof CachedStoreOptions)[];

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
  readonly #source: Source;
  readonly #identity: string | undefined;
  readonly #freshness: Freshness;
  readonly #shared: boolean;
  readonly #offline: boolean;
  readonly #counters = new StoreCounters();
  readonly #events: Emitter<StoreEvents> = new Emitter<StoreEvents>({
    names: STORE_EVENTS,
    onThrow: (event, error) => reportListenerError(this.#events, "store", event, error),
  });
  readonly #reader: Reader;
  readonly #listing: Listing;
  readonly #stopListening: () => void;
  #bound = false;
  #binding: Promise<void> | undefined;
  #closed = false;

  constructor(source: SourceLike, storeId: string, storage: CacheStorage, options: CachedStoreOptions = {}) {
    assertStoreId(storeId);
    assertKnownOptions("CachedStore", options, OPTIONS);
    if (typeof storage?.claim !== "function")
      throw new InvalidOptionError(
        "storage",
        storage,
        "a cache storage, such as new IndexedCacheStorage(index, opener)",
      );
    const { isolation = "copy", shouldCache, offline = false } = options;
    if (typeof offline !== "boolean") throw new InvalidOptionError("offline", offline, "true or false");
    this.#offline = offline;
    this.#source = offline ? offlineSource(storage, storeId) : asSource(source);
    if (isolation !== "copy" && isolation !== "shared")
      throw new InvalidOptionError("isolation", isolation, '"copy" or "shared"');
    if (isolation === "shared" && this.#source.set !== undefined)
      throw new InvalidOptionError("isolation", isolation, '"copy", since the source can be written to');
    if (shouldCache !== undefined)
      assertFunction("shouldCache", shouldCache, "a function (key, value, cost) => boolean");
    const { identity = this.#source.identity } = options;
    if (identity !== undefined && (typeof identity !== "string" || identity === ""))
      throw new InvalidOptionError("identity", identity, "a text that names the data behind the source");
    this.storeId = storeId;
    this.storage = storage;
    this.#identity = identity;
    this.#freshness = new Freshness(options);
    this.#shared = isolation === "shared";
    this.#reader = new Reader({
      source: this.#source,
      storeId,
      storage,
      freshness: this.#freshness,
      shouldCache,
      counters: this.#counters,
      events: this.#events,
      bound: () => this.#bind(),
    });
    this.#stopListening = storage.on("invalidate", (dropped) => {
      // The id may have been given to another source.
      if (dropped.storeId === storeId && dropped.path === "/") this.#unbind();
    });
    this.#listing = new Listing(this.#source, (key) => this.#document(key), { consolidatedFirst: offline });
  }

  /** Names the data behind the source, if that is known. */
  get identity(): string | undefined {
    return this.#identity;
  }

  /** Array extensions that the source brings along for zarrita. */
  get arrayExtensions(): unknown {
    return (this.#source as { arrayExtensions?: unknown }).arrayExtensions;
  }

  /** Reads a value whole; `undefined` when the key is missing. Rejects only with the source's own failure. */
  get(key: Key, options?: ReadOptions): Promise<Uint8Array | undefined> {
    return this.#read(key, undefined, options?.signal ?? undefined);
  }

  /**
   * Reads bytes of a value: from an offset, or the last ones. What lies behind the end is left out.
   * A source without `getRange` is read whole and sliced.
   */
  getRange(key: Key, range: RangeQuery, options?: ReadOptions): Promise<Uint8Array | undefined> {
    try {
      assertRange(range);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#read(key, range, options?.signal ?? undefined);
  }

  /** Whether the key has a value: by a fresh entry, else by the source. */
  async has(key: Key, options?: ReadOptions): Promise<boolean> {
    this.#assertUsable(key);
    assertSignal("signal", options?.signal ?? undefined);
    await this.#bind();
    const part: Part = { storeId: this.storeId, key };
    const hit = await this.storage.get(part);
    if (hit !== undefined && this.#reader.judge(part, hit) === "fresh") return hit.value !== undefined;
    if (this.#source.has !== undefined) return this.#source.has(key);
    return (await this.get(key, options)) !== undefined;
  }

  /**
   * Writes a value to the source; the copy is refreshed if there was one, and no reader sees an older value once this
   * resolves. Rejects before the source is touched when an index that must hear of it cannot be reached.
   */
  async set(key: Key, value: Uint8Array): Promise<void> {
    this.#assertUsable(key);
    const { set } = this.#source;
    if (set === undefined)
      throw new UnsupportedError(
        `set("${key}")`,
        this.#offline ? "the store is offline" : "the source is read-only: it has no set()",
      );
    if (!(value instanceof Uint8Array)) throw new InvalidValueError(key, value, "The value");
    const bytes = copyBytes(value);
    // The source gets bytes of its own, since it may keep them and go on writing to them.
    await this.#write(key, () => set.call(this.#source, key, copyBytes(bytes)), bytes);
  }

  /** Deletes a key from the source, and its copies. */
  async delete(key: Key): Promise<void> {
    this.#assertUsable(key);
    const remove = this.#source.delete;
    if (remove === undefined)
      throw new UnsupportedError(
        `delete("${key}")`,
        this.#offline ? "the store is offline" : "the source is read-only: it has no delete()",
      );
    await this.#write(key, () => remove.call(this.#source, key));
  }

  /** All keys of the source under a path, recursively. Throws `UnsupportedError` where the source cannot list. */
  keys(prefix = "/"): AsyncIterable<string> {
    this.#assertOpen();
    return this.#listing.keys(prefix);
  }

  /** Direct children of a path, sorted: keys, and deeper paths with a `/` at their end. */
  async list(prefix = "/"): Promise<string[]> {
    this.#assertOpen();
    return this.#listing.list(prefix);
  }

  /** Number of keys of the source. */
  async count(): Promise<number> {
    let count = 0;
    for await (const _ of this.keys()) count++;
    return count;
  }

  /** Bytes of the source's values under a path. */
  async getSize(prefix = "/"): Promise<number> {
    this.#assertOpen();
    return this.#listing.size(prefix);
  }

  /** Empties the source and the copy. There is no `clear()` that might mean either; `invalidate()` drops the copy. */
  async clear(options: { readonly source: true }): Promise<void> {
    if (options?.source !== true)
      throw new InvalidOptionError(
        "clear",
        options,
        "{ source: true }, which empties the source; invalidate() drops only the copy",
      );
    assertKnownOptions("clear", options, ["source"]);
    const keys: Key[] = [];
    for await (const key of this.keys()) keys.push(key as Key);
    for (const key of keys) await this.delete(key);
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

  /** Reads keys, or those of a pattern, or the chunks of arrays, so that they are cached. Failures of single keys are reported, not thrown. */
  async warm(selection: KeySelection, options: WarmOptions = {}): Promise<WarmReport> {
    this.#assertOpen();
    return warm(
      (key, signal) => this.#warmed(key as Key, signal),
      (path) => this.keys(path),
      selection,
      options,
    );
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
    const { storeId, storage } = this;
    const isLocal = options?.cachedOnly || this.#offline;
    const value = (key: Key, signal?: AbortSignal) =>
      isLocal ? this.#readOffline({ storeId, key }) : this.get(key, signal && { signal });
    return exportKeys(target, selection, options, {
      value,
      read: isLocal ? async (key) => (await storage.get({ storeId, key }))?.value : (key) => this.get(key),
      keys: (path) => (isLocal ? cachedKeys(storage, storeId, path) : this.keys(path)),
      cached: () => cachedKeys(storage, storeId, "/"),
      listed: isLocal || !this.#listing.tellsKeys ? undefined : (path) => this.keys(path),
      isMissing: async (key) => {
        const hit = await storage.get({ storeId, key });
        return hit !== undefined && hit.value === undefined;
      },
    });
  }

  /**
   * Puts keys with their values into the cache, as if they had been read from the source, which is not asked: what was
   * exported, or any other Zarr hierarchy. Replaces what is cached under the same keys.
   */
  async import(source: ImportSource, options: ImportOptions = {}): Promise<ImportReport> {
    this.#assertOpen();
    await this.#bind();
    return importValues(this.storage, this.storeId, source, options);
  }

  /** What this store did since it was made, and what each tier did for its store id. */
  stats(): StoreStatistics {
    return this.#counters.snapshot(this.storage.tierStatistics(this.storeId));
  }

  /**
   * Calls back on every event of a name; returns the way to stop it. Throws `InvalidOptionError` for an event that is not
   * among {@link StoreEvents}, or a listener that is not a function. A listener that throws, or rejects, disturbs neither
   * the read nor other listeners: its first error is a `fault`, or is shown on the console where nobody listens to those.
   */
  on<E extends keyof StoreEvents>(event: E, listener: (detail: StoreEvents[E]) => void): () => void {
    const own = this.#events.on(event, listener);
    if (!Object.hasOwn(STORAGE_EVENTS, event)) return own;
    const below = this.storage.on(event as keyof StorageEvents, (detail) => {
      if ("storeId" in detail && detail.storeId !== this.storeId) return;
      if ("part" in detail && detail.part.storeId !== this.storeId) return;
      return listener(detail as StoreEvents[E]);
    });
    return () => {
      own();
      below();
    };
  }

  /** Resolves when the reads and background fills of this store are done. Waits for fills as long as `CacheStorage.idle`. */
  async idle(): Promise<void> {
    await this.#reader.idle();
    await this.storage.idle(this.storeId);
  }

  /**
   * Waits for the fills of this store that have their bytes, and gives up the others; reads under way end uncached.
   * The storage stays open, and what is cached stays cached.
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopListening();
    for (const pattern of this.#freshness.unusedPatterns)
      this.#events.emit("warning", {
        tier: "store",
        message: `No key of store "${this.storeId}" was read that the rule for "${pattern}" means.`,
      });
    await this.#reader.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #read(
    key: Key,
    range: RangeQuery | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array | undefined> {
    try {
      this.#assertUsable(key);
      assertSignal("signal", signal);
      signal?.throwIfAborted();
    } catch (error) {
      return Promise.reject(error);
    }
    this.#counters.reads++;
    if (range !== undefined && rangeLength(range) === 0) {
      this.#counters.hits++;
      return Promise.resolve(new Uint8Array(0));
    }
    const part: Part =
      range === undefined ? { storeId: this.storeId, key } : { storeId: this.storeId, key, range };
    if (this.#offline) return this.#readOffline(part);
    if (!this.#bound || this.#reader.isFlying(part)) return this.#reader.read(part, signal);
    const hit = this.storage.get(part);
    // What the look-up heard of other processes may be that the id is no longer ours.
    if (!this.#bound) return this.#reader.read(part, signal);
    const answer = isPromise(hit) ? undefined : this.#handOut(part, hit);
    return answer ?? this.#reader.read(part, signal, { hit });
  }

  /** Reads a key, and tells whether it was cached and fresh. */
  async #warmed(key: Key, signal: AbortSignal | undefined): Promise<WarmedValue> {
    this.#assertUsable(key);
    await this.#bind();
    const hit = await this.storage.get({ storeId: this.storeId, key });
    const isFresh =
      hit !== undefined &&
      (this.#offline || this.#reader.judge({ storeId: this.storeId, key }, hit) === "fresh");
    if (isFresh) return { value: hit.value, fromCache: true };
    return { value: await this.get(key, signal && { signal }), fromCache: false };
  }

  async #readOffline(part: Part): Promise<Uint8Array | undefined> {
    try {
      await this.#bind();
      const { value, owned, tier } = await readOffline(this.storage, this.#listing, part);
      value === undefined ? this.#counters.negativeHits++ : this.#counters.hits++;
      if (tier !== undefined) emitHit(this.#events, part, tier, value);
      return value === undefined || owned || this.#shared ? value : copyBytes(value);
    } catch (error) {
      this.#counters.failures++;
      throw error;
    }
  }

  /** A metadata document, for listing; offline, one that is not cached is none. */
  async #document(key: Key): Promise<Uint8Array | undefined> {
    if (!this.#offline) return this.get(key);
    return (await this.storage.get({ storeId: this.storeId, key }))?.value;
  }

  /** Answers with a hit that is good enough; `undefined` where the source must be asked. */
  #handOut(part: Part, hit: CacheHit | undefined): Promise<Uint8Array | undefined> | undefined {
    if (hit === undefined) return undefined;
    const verdict = this.#reader.judge(part, hit);
    if (verdict === "expired" || verdict === "foreign") return undefined;
    this.#reader.handedOut(part, hit);
    const { value } = hit;
    if (verdict === "stale") {
      this.#counters.stale++;
      this.#reader.refreshBehind(part);
    } else if (value === undefined) this.#counters.negativeHits++;
    else this.#counters.hits++;
    emitHit(this.#events, part, hit.tier, value);
    return Promise.resolve(value === undefined || hit.owned || this.#shared ? value : copyBytes(value));
  }

  async #write(key: Key, write: () => MaybePromise<unknown>, value?: Uint8Array): Promise<void> {
    await this.#bind();
    const intent = await this.storage.openWrite(this.storeId, key);
    this.#counters.sourceWrites++;
    try {
      await write();
    } catch (error) {
      // The source's failure is what the caller must know; an intent that cannot be closed is closed later.
      await intent.close().catch(() => {});
      throw error;
    }
    await intent.close(value);
  }

  #unbind(): void {
    this.#bound = false;
    this.#binding = undefined;
  }

  /** Binds the store id, again when its copies were dropped as a whole. A conflict is told to every caller. */
  #bind(): Promise<void> {
    if (this.#binding === undefined) {
      const binding: Promise<void> = this.storage.bind(this.storeId, this.#identity).then(() => {
        // Unless its copies were dropped meanwhile.
        if (this.#binding === binding) this.#bound = true;
      });
      this.#binding = binding;
    }
    return this.#binding;
  }

  #assertUsable(key: Key): void {
    this.#assertOpen();
    assertKey(key);
  }

  #assertOpen(): void {
    if (this.#closed) throw new ClosedError(`The store "${this.storeId}"`);
  }
}
