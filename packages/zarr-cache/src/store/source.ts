import { InvalidSourceError } from "../errors.ts";
import { isUnder, type Key } from "../key.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import type { RangeQuery } from "../range.ts";
import type { SourceAnswer, SourceAskOptions, SourceRead, SourceReadOptions } from "./source-answer.ts";

/**
 * The slow store that is cached: the truth. Any zarrita store is one, and so is a `Map` of keys to bytes.
 * Only `get` is needed; every other method is an ability that is used where it is there.
 * A key that is missing is `undefined`; whatever else goes wrong throws.
 */
export interface Source {
  /** Names the data behind this source; binds the store id, so that another source cannot answer under it. */
  readonly identity?: string | undefined;
  get(key: Key, options?: SourceReadOptions): MaybePromise<Uint8Array | undefined>;
  getRange?(key: Key, range: RangeQuery, options?: SourceReadOptions): MaybePromise<Uint8Array | undefined>;
  /**
   * Reads a value or a range of it and tells what is known of it: size, version, how long it may be kept.
   * Rejects with `SourceChangedError` where `ifMatch` names another version than the source has.
   */
  read?(key: Key, options?: SourceRead): Promise<SourceAnswer>;
  has?(key: Key, options?: SourceAskOptions): MaybePromise<boolean>;
  set?(key: Key, value: Uint8Array): MaybePromise<unknown>;
  delete?(key: Key): MaybePromise<unknown>;
  /** All keys under a path. */
  keys?(prefix?: string, options?: SourceAskOptions): AsyncIterable<string> | Iterable<string>;
  /** Direct children of a path: keys, and deeper paths with a `/` at their end. */
  list?(prefix?: string, options?: SourceAskOptions): MaybePromise<Iterable<string>>;
  /**
   * What getting a value again would cost, in milliseconds ≥ 0, given how long the read took. Decides what is evicted
   * last. A source that computes its values gives it, `(key, took) => took` being enough; for others the cost is
   * estimated from all reads.
   */
  cost?(key: Key, milliseconds: number): number;
  /** Bytes of all values under a path. */
  getSize?(prefix?: string, options?: SourceAskOptions): MaybePromise<number>;
}

/** What can be given as a source: the methods are looked at, not the class. */
export type SourceLike = Source | ReadonlyMap<string, Uint8Array>;

/** Checks a source and gives a `Map` the manners of a store. */
export function asSource(source: unknown): Source {
  if (source instanceof Map) return new MapSource(source as Map<string, Uint8Array>);
  if (typeof source !== "object" || source === null || typeof (source as Source).get !== "function")
    throw new InvalidSourceError(source);
  return source as Source;
}

/**
 * Whether ranges of a source cannot be trusted at the end of a value: zarrita's `FileSystemStore` fills up with zeros.
 * It is known by its `root`, which shows through extensions as well.
 */
export function padsRanges(source: object): boolean {
  return typeof (source as { root?: unknown }).root === "string";
}

class MapSource implements Required<Omit<Source, "identity" | "getRange" | "read" | "list" | "cost">> {
  readonly #map: Map<string, Uint8Array>;

  constructor(map: Map<string, Uint8Array>) {
    this.#map = map;
  }

  /** Of a map that was given one. */
  get identity(): string | undefined {
    return (this.#map as { identity?: string }).identity;
  }

  get(key: Key): Uint8Array | undefined {
    return this.#map.get(key);
  }

  has(key: Key): boolean {
    return this.#map.has(key);
  }

  set(key: Key, value: Uint8Array): void {
    this.#map.set(key, value);
  }

  delete(key: Key): boolean {
    return this.#map.delete(key);
  }

  *keys(prefix = "/"): Iterable<string> {
    for (const key of this.#map.keys()) if (isUnder(key, prefix)) yield key;
  }

  getSize(prefix = "/"): number {
    let size = 0;
    for (const [key, value] of this.#map) if (isUnder(key, prefix)) size += value.byteLength;
    return size;
  }
}
