/** A key of a store: an absolute path. */
export type StoreKey = `/${string}`;

/** A part of a value. */
export type StoreRange =
  | { readonly offset: number; readonly length: number }
  | { readonly suffixLength: number };

/** What a read may be told. */
export interface StoreReadOptions {
  readonly signal?: AbortSignal;
}

type MaybePromise<T> = T | Promise<T>;

/**
 * A store that a dataset can be opened from: a zarrita store, a `CachedStore`, a `Map`. A group without consolidated
 * metadata also needs to be listed, by `list(prefix)` (names below it) or `keys()`, unless its arrays are named.
 */
export interface ReadableStore {
  get(key: StoreKey, options?: StoreReadOptions): MaybePromise<Uint8Array | undefined>;
  getRange?(
    key: StoreKey,
    range: StoreRange,
    options?: StoreReadOptions,
  ): MaybePromise<Uint8Array | undefined>;
}

/** The names of the direct children of a group, or undefined where the store cannot tell. */
export async function childNames(store: ReadableStore, path: string): Promise<string[] | undefined> {
  const prefix = path === "/" ? "/" : `${path}/`;
  const names = new Set<string>();
  try {
    const listing = await listingOf(store, prefix);
    if (!listing) return undefined;
    for await (const key of listing) {
      const rest = key.startsWith(prefix) ? key.slice(prefix.length) : key.startsWith("/") ? "" : key;
      const [name] = rest.split("/");
      if (name && !/^\.z|^zarr\.json$/.test(name)) names.add(name);
    }
  } catch (error) {
    // A cached store has the method whether or not its source can list.
    if (error instanceof Error && error.name === "UnsupportedError") return undefined;
    throw error;
  }
  return [...names].sort();
}

type Listing = AsyncIterable<string> | Iterable<string>;

function listingOf(store: ReadableStore, prefix: string): Listing | Promise<Listing> | undefined {
  const list: unknown = Reflect.get(store, "list");
  const keys: unknown = Reflect.get(store, "keys");
  if (typeof list === "function") return list.call(store, prefix);
  if (typeof keys === "function") return keys.call(store, prefix);
  return undefined;
}
