import { NO_AGE } from "../ages.ts";
import { FillFailedError, InvalidOptionError, isZarrCacheError } from "../errors.ts";
import { isUnder, type Key } from "../key.ts";
import { isPromise } from "../maybe-promise.ts";
import { copyBytes } from "../range.ts";
import { waitOrLeave } from "../shared-wait.ts";
import type { CacheHit, CacheStorage, Fill } from "../storage.ts";
import type { FreshWithin } from "../store-index.ts";
import type { ResultName } from "./result-key.ts";

/** A cache that results can be kept in: a storage, or what `openCache` gives. */
export type ResultCache = CacheStorage | { readonly storage: CacheStorage };

/** What computing a result gave. */
export interface Computed {
  readonly bytes: Uint8Array;
  /** Milliseconds that computing it again would take. */
  readonly cost: number;
  /** On the storage's clock; `Infinity` = never. */
  readonly expiresAt: number;
}

/** One computation under way. */
interface Running {
  key: Key | undefined;
  bytes: Promise<Uint8Array> | undefined;
  /** Whether it ended by the signal of whoever began it, which is no failure for those who wait. */
  isAbandoned: boolean;
}

/** A result does, however old; that there is none does not. */
const ANY_RESULT = { present: Number.POSITIVE_INFINITY, missing: -1 };
/** Claims that a computation waits for before it goes on by itself. */
const MOST_ATTEMPTS = 8;

/**
 * Results under one store id of a storage: one computation for a key at a time, in this process by sharing its promise,
 * among all processes that share the storage by its claims.
 *
 * What is wrong with the storage is never the caller's trouble: then it is computed, and not kept.
 */
export class ResultStore {
  static readonly #all = new WeakMap<CacheStorage, Map<string, ResultStore>>();
  readonly storage: CacheStorage;
  readonly storeId: string;
  /** By the id of the result's name. */
  readonly #running = new Map<string, Running>();
  #binding: Promise<void> | undefined;

  /** The store of an id on a storage; the same object for all who ask, so that they share what is under way. */
  static of(cache: ResultCache, storeId: string): ResultStore {
    const storage = cache !== null && typeof cache === "object" && "storage" in cache ? cache.storage : cache;
    if (typeof storage?.claim !== "function")
      throw new InvalidOptionError("cache", cache, "a cache storage, or what openCache() gives");
    const stores = ResultStore.#all.get(storage) ?? new Map<string, ResultStore>();
    ResultStore.#all.set(storage, stores);
    const store = stores.get(storeId) ?? new ResultStore(storage, storeId);
    stores.set(storeId, store);
    return store;
  }

  private constructor(storage: CacheStorage, storeId: string) {
    this.storage = storage;
    this.storeId = storeId;
    storage.on("invalidate", ({ storeId: dropped, path }) => {
      if (dropped !== storeId) return;
      for (const [id, { key }] of this.#running)
        if (key !== undefined && isUnder(key, path)) this.#running.delete(id);
      if (path === "/") this.#binding = undefined;
    });
  }

  /**
   * The bytes of a result: what is kept and has not expired, or what `compute` gives. They may be kept: do not write to them. The
   * signal ends this caller's wait, and its `compute` where that hears it; others who wait then try for themselves.
   */
  async resolve(
    name: ResultName,
    compute: () => Promise<Computed>,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    const heard = this.storage.catchUp();
    // Without a turn of the event loop where that is possible, so that who asks at the same time is together.
    if (isPromise(heard)) await heard;
    for (;;) {
      signal?.throwIfAborted();
      const running = this.#running.get(name.id);
      if (running?.bytes === undefined)
        return this.#run(name, (key) => this.#resolve(key, compute, { fresh: ANY_RESULT, signal }), signal);
      try {
        return await waitOrLeave(running.bytes, signal, () => {});
      } catch (error) {
        if (signal?.aborted || !running.isAbandoned) throw error;
      }
    }
  }

  /** Computes a result anew and replaces what is kept of it. */
  renew(name: ResultName, compute: () => Promise<Computed>, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#run(name, (key) => this.#resolve(key, compute, { fresh: NO_AGE, signal }), signal);
  }

  /** Whether a key is kept and has not expired. */
  async has(key: Key): Promise<boolean> {
    await this.#bound();
    return this.#isFresh(await this.storage.get({ storeId: this.storeId, key }));
  }

  /** Keeps bytes under a key in place of what was there, which is dropped in any case; false when they are not kept. */
  async put(key: Key, { bytes, cost, expiresAt }: Computed): Promise<boolean> {
    await this.#bound();
    const part = { storeId: this.storeId, key };
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const claim = await this.storage.claim(part, { fresh: NO_AGE });
      if (claim.state === "fill" && (await claim.commit(bytes, { cost, expiresAt }))) return true;
      if (claim.state !== "wait") break;
      await claim.settled();
    }
    await this.storage.delete(this.storeId, key);
    return false;
  }

  /** The bytes that are kept of a key, if they have not expired. They are the caller's own. */
  async get(key: Key): Promise<Uint8Array | undefined> {
    await this.#bound();
    const hit = await this.storage.get({ storeId: this.storeId, key });
    return this.#isFresh(hit) ? copyBytes(hit.value as Uint8Array) : undefined;
  }

  /** Shares what is under way with whoever asks for the same meanwhile. */
  #run(
    name: ResultName,
    work: (key: Key) => Promise<Uint8Array>,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    const computing = async (): Promise<Uint8Array> => {
      try {
        // What is dropped before the key is known is dropped before anything was read.
        running.key = await name.key();
        return await work(running.key);
      } catch (error) {
        running.isAbandoned = signal?.aborted === true;
        throw error;
      } finally {
        if (this.#running.get(name.id) === running) this.#running.delete(name.id);
      }
    };
    const running: Running = { key: undefined, bytes: undefined, isAbandoned: false };
    this.#running.set(name.id, running);
    running.bytes = computing();
    return running.bytes;
  }

  async #resolve(
    key: Key,
    compute: () => Promise<Computed>,
    { fresh, signal }: { readonly fresh: FreshWithin; readonly signal: AbortSignal | undefined },
  ): Promise<Uint8Array> {
    await this.#bound();
    const part = { storeId: this.storeId, key };
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      if (fresh === ANY_RESULT) {
        const hit = await this.storage.get(part);
        if (this.#isFresh(hit)) return hit.value as Uint8Array;
      }
      const claim = await this.storage.claim(part, { fresh, ...(signal && { signal }) });
      if (claim.state === "fill") return this.#fill(claim, compute, signal);
      if (claim.state === "pass") break;
      if (claim.state === "hit") {
        if (this.#isFresh(claim.hit)) return claim.hit.value as Uint8Array;
        break;
      }
      const outcome = await waitOrLeave(claim.settled(), signal, () => {});
      if (outcome.state === "timeout") break;
      if (outcome.state === "failed" && fresh === ANY_RESULT) throw new FillFailedError(key, outcome.failure);
    }
    return (await compute()).bytes;
  }

  /** Computes under a claim, and keeps the result behind the answer. */
  async #fill(
    fill: Fill,
    compute: () => Promise<Computed>,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    let computed: Computed;
    try {
      computed = await compute();
    } catch (error) {
      await (signal?.aborted ? fill.abandon() : fill.fail(error));
      throw error;
    }
    const { bytes, cost, expiresAt } = computed;
    const keeping =
      expiresAt > this.storage.now() ? fill.commit(bytes, { cost, expiresAt }) : fill.pass("unwanted");
    if (this.storage.fills === "await") await keeping;
    return bytes;
  }

  #isFresh(hit: CacheHit | undefined): hit is CacheHit {
    return hit?.value !== undefined && hit.age >= 0 && this.storage.now() < hit.expiresAt;
  }

  /** Binds the store id. A conflict is told; whatever else fails leaves results uncached. */
  #bound(): Promise<void> {
    this.#binding ??= this.storage.bind(this.storeId, IDENTITY).catch((error: unknown) => {
      this.#binding = undefined;
      if (isZarrCacheError(error, "StoreIdConflictError")) throw error;
    });
    return this.#binding;
  }
}

/** Keeps a source from being cached under the id of results. */
const IDENTITY = "results of functions";
