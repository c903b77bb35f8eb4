import type { CachedStore, CacheHit, CacheStorage, FillFacts, Key, PassReason } from "zarr-cache";
import { mediaTypeOf } from "./media-type.ts";
import { NotKeptError, ObjectNotFoundError } from "./object-errors.ts";
import { keyOfPath } from "./object-path.ts";

/** What is known of a cached object. */
export interface ObjectFacts {
  readonly path: string;
  readonly cached: boolean;
  /** The system of record is known not to have it. */
  readonly missing?: true;
  readonly bytes?: number;
  readonly type?: string;
  /** When it was asked for at the system of record. */
  readonly cachedAt?: string;
  /** When it ends; absent = never. */
  readonly expiresAt?: string;
  /** Milliseconds that getting it again would take. */
  readonly cost?: number;
  /** Names the version, as the system of record tells it. */
  readonly validator?: string;
  /** The tier that has it first. */
  readonly tier?: string;
}

/** What is known of the cache as a whole. */
export interface Overview {
  readonly store: string;
  readonly entries: number;
  /** Bytes charged to the budget. */
  readonly bytes: number;
  readonly maxBytes: number;
  /** Paths of cached objects, the first thousand at most. */
  readonly paths: readonly string[];
  readonly more: boolean;
}

/** Options of reading an object into the cache. */
export interface CreateOptions {
  /** Milliseconds until the cached object ends. Default: as the store keeps it. */
  readonly expires?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Whatever is there is not fresh enough. */
const NO_AGE = { present: -1, missing: -1 };
/** Fills of others that are waited for before it is given up. */
const MOST_ATTEMPTS = 8;
const MOST_LISTED = 1000;
/** The last moment that a `Date` can tell: what lasts longer lasts for ever. */
const FOR_EVER = 8.64e15;

/**
 * The objects of a system of record, kept in the cache beside it: who wants one reads it into the cache, drops it or puts
 * one of his own there. The system of record is only ever read.
 */
export class CacheAside {
  readonly store: CachedStore;
  readonly #storage: CacheStorage;

  constructor(store: CachedStore) {
    this.store = store;
    this.#storage = store.storage;
  }

  /** The bytes of an object, from the cache or from the system of record. Rejects with `ObjectNotFoundError`. */
  async read(path: string, signal?: AbortSignal): Promise<Uint8Array> {
    const bytes = await this.store.get(keyOfPath(path), signal && { signal });
    if (bytes === undefined) throw new ObjectNotFoundError(path);
    return bytes;
  }

  /**
   * Reads an object into the cache, unless it is there; resolves when it is. Rejects with `ObjectNotFoundError`, or with
   * `NotKeptError` when the cache does not take it.
   */
  async create(path: string, { expires, signal }: CreateOptions = {}): Promise<void> {
    const key = keyOfPath(path);
    const before = await this.#hit(key);
    // That it is missing may have changed, and who asks for it says so.
    if (before !== undefined && before.value === undefined)
      await this.#storage.delete(this.store.storeId, key);
    const bytes = await this.read(path, signal);
    const hit = await this.#hit(key);
    if (hit?.value !== undefined && expires === undefined) return;
    const { cost, validator, age = 0 } = hit ?? {};
    const facts = { age, ...(cost !== undefined && { cost }), validator, ...this.#ending(expires) };
    await this.#keep(path, key, bytes, facts, expires === undefined ? undefined : NO_AGE);
  }

  /** Drops the copy and reads the object anew. Rejects as {@link create} does; the copy is gone then. */
  async update(path: string, options: CreateOptions = {}): Promise<void> {
    await this.delete(path);
    await this.create(path, options);
  }

  /** Drops the copy, never the object of the system of record. */
  async delete(path: string): Promise<void> {
    const key = keyOfPath(path);
    await this.#bind();
    await this.#storage.delete(this.store.storeId, key);
  }

  /** Puts bytes into the cache in place of the object, which stays as it is. Resolves to whether there was a copy. */
  async put(path: string, bytes: Uint8Array, expires?: number): Promise<"created" | "replaced"> {
    const key = keyOfPath(path);
    const before = await this.#hit(key);
    await this.delete(path);
    await this.#keep(path, key, bytes, this.#ending(expires), NO_AGE);
    return before?.value === undefined ? "created" : "replaced";
  }

  /** What is known of an object in the cache. The system of record is not asked. */
  async head(path: string): Promise<ObjectFacts> {
    const key = keyOfPath(path);
    const hit = await this.#hit(key);
    const name = key.slice(1);
    if (hit === undefined) return { path: name, cached: false };
    const now = this.#storage.now();
    const { value, age, expiresAt, cost, validator, tier } = hit;
    return {
      path: name,
      cached: value !== undefined,
      ...(value === undefined ? { missing: true } : { bytes: value.byteLength, type: mediaTypeOf(name) }),
      cachedAt: new Date(now - age).toISOString(),
      ...(expiresAt < FOR_EVER && { expiresAt: new Date(expiresAt).toISOString() }),
      cost,
      ...(validator !== undefined && { validator }),
      tier,
    };
  }

  /** What is known of the cache as a whole: how full it is, and the first objects in it. */
  async overview(): Promise<Overview> {
    const { storeId } = this.store;
    await this.#bind();
    const { entries, bytes } = await this.#storage.usage(storeId);
    const { maxBytes } = await this.#storage.usage();
    const page = await this.#storage.entries({ storeId, limit: MOST_LISTED });
    const paths = page.entries
      .filter(({ missing, expiresAt }) => !missing && this.#storage.now() < expiresAt)
      .map(({ key }) => key.slice(1));
    return {
      store: storeId,
      entries,
      bytes,
      maxBytes,
      paths: [...new Set(paths)],
      more: page.cursor !== undefined,
    };
  }

  /** What is cached and has not ended. */
  async #hit(key: Key): Promise<CacheHit | undefined> {
    await this.#bind();
    const hit = await this.#storage.get({ storeId: this.store.storeId, key });
    return hit !== undefined && this.#storage.now() < hit.expiresAt ? hit : undefined;
  }

  #ending(expires: number | undefined): Partial<FillFacts> {
    return expires === undefined ? {} : { expiresAt: this.#storage.now() + expires };
  }

  async #keep(
    path: string,
    key: Key,
    bytes: Uint8Array,
    facts: Partial<FillFacts>,
    fresh: typeof NO_AGE | undefined,
  ): Promise<void> {
    const part = { storeId: this.store.storeId, key };
    let reason: PassReason | "busy" = "busy";
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const claim = await this.#storage.claim(part, fresh && { fresh });
      if (claim.state === "hit") return;
      if (claim.state === "fill" && (await claim.commit(bytes.slice(), facts))) return;
      if (claim.state === "wait") await claim.settled();
      if (claim.state === "pass") {
        reason = claim.reason;
        break;
      }
    }
    throw new NotKeptError(path, reason);
  }

  async #bind(): Promise<void> {
    await this.#storage.bind(this.store.storeId, this.store.identity);
  }
}
