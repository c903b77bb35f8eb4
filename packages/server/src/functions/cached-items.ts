import type { RangeQuery } from "zarr-cache";

/** What is known of a cached item. */
export interface CachedItem {
  /** As a client names it: `2020/file1.json`. */
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since it was asked for at the system of record. */
  readonly age: number;
  /** Milliseconds until it expires; `undefined` = never. */
  readonly expiresIn: number | undefined;
}

/**
 * The cached items, for functions to read: a mapping of paths to bytes that cannot be written to. What is not cached is
 * not there; the system of record is never asked. Paths are those of clients, with or without a `/` in front.
 */
export interface CachedItems {
  /** The bytes of an item, the caller's own; `undefined` when it is not cached. */
  get(path: string): Promise<Uint8Array | undefined>;
  /** Some of its bytes, without reading the others; what lies behind the end is left out. */
  getRange(path: string, range: RangeQuery): Promise<Uint8Array | undefined>;
  /** A file that holds the bytes while the call lasts, to be read only. */
  file(path: string): Promise<string | undefined>;
  /** What is known of an item, without its bytes. */
  info(path: string): Promise<CachedItem | undefined>;
  has(path: string): Promise<boolean>;
  /** The items under a path, by default all, in the order of their paths. */
  items(prefix?: string): AsyncIterable<CachedItem>;
  /** The paths of {@link items}. */
  keys(prefix?: string): AsyncIterable<string>;
}

/** What clients give a function besides its name: texts in the address, any JSON in a body. */
export type FunctionArguments = Readonly<Record<string, unknown>>;

/**
 * The default export of a function's module. Its result is sent as JSON. An error with a `status` of 400 to 499 is told to
 * the client with that status; any other is a failure of the function.
 */
export type CacheFunction = (cache: CachedItems, args: FunctionArguments) => unknown;
