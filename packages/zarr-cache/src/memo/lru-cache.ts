import { type Duration, parseDuration } from "../duration.ts";
import { InvalidOptionError } from "../errors.ts";
import { assertStoreId, type Key } from "../key.ts";
import { assertKnownOptions, parseCount } from "../options.ts";
import { defaultCodec, type ResultCodec } from "./result-codec.ts";
import { assertResultName } from "./result-key.ts";
import { type ResultCache, ResultStore } from "./result-store.ts";

/** Options of `lruCache`. */
export interface LruCacheOptions<Value> {
  /** Most entries; the least recently used goes first. Other processes that use the same name count their own. */
  readonly max: number;
  /** Names the entries; two with the same name on one cache share them. Default `"lru"`. */
  readonly name?: string;
  /** How long an entry is kept. Default: until it is evicted. */
  readonly maxAge?: Duration;
  /** Milliseconds that getting a value again would take, which the policy of the cache weighs. Default 1. */
  readonly cost?: number;
  /** Turns values into bytes and back. Default: bytes as they are, the rest as JSON that keeps dates, bigints and bytes. */
  readonly codec?: ResultCodec<Value>;
  /** Store id that entries are kept under. Default `"results"`. */
  readonly storeId?: string;
}

/** A map of texts to values with a bound, like those of popular packages, whose entries live in a cache. */
export interface LruCache<Value> {
  /** The value, and a use of it; `undefined` where there is none. It is the caller's own. */
  get(key: string): Promise<Value | undefined>;
  /** Keeps a value; false when the cache did not take it. */
  set(key: string, value: Value): Promise<boolean>;
  /** Whether there is a value; no use of it. */
  has(key: string): Promise<boolean>;
  /** Drops a value. */
  delete(key: string): Promise<void>;
  /** The keys, in no order. */
  keys(): AsyncIterable<string>;
}

const OPTIONS = ["max", "name", "maxAge", "cost", "codec", "storeId"] as const;

/**
 * Makes a small map over a cache, for code that was written for one: at most `max` entries, and never more bytes than
 * the cache allows, whose policy may evict an entry earlier.
 */
export function lruCache<Value>(cache: ResultCache, options: LruCacheOptions<Value>): LruCache<Value> {
  assertKnownOptions("lruCache", options, OPTIONS);
  const { name = "lru", maxAge, cost = 1, codec = defaultCodec as ResultCodec<Value> } = options ?? {};
  const { storeId = "results" } = options ?? {};
  const max = parseCount("max", options?.max, 1);
  const lifetime = parseDuration("maxAge", maxAge ?? Number.POSITIVE_INFINITY);
  assertResultName(name);
  assertStoreId(storeId);
  if (typeof cost !== "number" || !(cost >= 0))
    throw new InvalidOptionError("cost", cost, "milliseconds ≥ 0");
  const store = ResultStore.of(cache, storeId);
  const folder = `/${name}/`;
  /** Keys in the order of their last use, the longest unused first; of before a restart, as the lowest tier saw it. */
  let order: Promise<Set<string>> | undefined;

  const pathOf = (key: string): Key => {
    if (typeof key !== "string") throw new InvalidOptionError("key", key, "a text");
    return `${folder as `/${string}`}=${encodeURIComponent(key)}`;
  };

  /** What is there already, other processes' entries and those of before a restart included. */
  const known = (): Promise<Set<string>> => {
    order ??= (async () => {
      const found: { key: string; lastUsedAt: number }[] = [];
      for await (const entry of entries()) found.push(entry);
      found.sort((a, b) => a.lastUsedAt - b.lastUsedAt);
      return new Set(found.map(({ key }) => key));
    })();
    order.catch(() => {
      order = undefined;
    });
    return order;
  };

  async function* entries(): AsyncIterable<{ key: string; lastUsedAt: number }> {
    let cursor: string | undefined;
    do {
      const query = { storeId, prefix: folder, limit: 1000, ...(cursor !== undefined && { cursor }) };
      const page = await store.storage.entries(query);
      const now = store.storage.now();
      for (const { key, lastUsedAt, expiresAt } of page.entries)
        if (now < expiresAt) yield { key: decodeURIComponent(key.slice(folder.length + 1)), lastUsedAt };
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  const drop = async (key: string): Promise<void> => {
    await store.storage.delete(storeId, pathOf(key));
  };

  const touch = (used: Set<string>, key: string): void => {
    used.delete(key);
    used.add(key);
  };

  /** Writes one after the other, so that none is evicted before it was made. */
  let writes: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(write: () => Promise<T>): Promise<T> => {
    const done = writes.then(write);
    writes = done.catch(() => {});
    return done;
  };

  return {
    async get(key) {
      const bytes = await store.get(pathOf(key));
      const used = await known();
      if (bytes === undefined) {
        used.delete(key);
        return undefined;
      }
      touch(used, key);
      return codec.decode(bytes);
    },
    async set(key, value) {
      const path = pathOf(key);
      const bytes = codec.encode(value);
      return inTurn(async () => {
        const used = await known();
        touch(used, key);
        for (const oldest of used) {
          if (used.size <= max) break;
          used.delete(oldest);
          await drop(oldest);
        }
        return store.put(path, { bytes, cost, expiresAt: store.storage.now() + lifetime });
      });
    },
    has: async (key) => store.has(pathOf(key)),
    delete: (key) =>
      inTurn(async () => {
        (await known()).delete(key);
        await drop(key);
      }),
    async *keys() {
      for await (const { key } of entries()) yield key;
    },
  };
}
