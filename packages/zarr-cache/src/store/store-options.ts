import { type ByteSize, parseBytes } from "../byte-size.ts";
import { InvalidOptionError } from "../errors.ts";
import { assertStoreId } from "../key.ts";
import { assertEither, assertFlags, assertFunction, assertKnownOptions } from "../options.ts";
import type { RangeQuery } from "../range.ts";
import type { CacheStorage } from "../storage.ts";
import { Freshness, type FreshnessOptions } from "./freshness.ts";
import { offlineSource } from "./offline.ts";
import type { ReadAnswer } from "./read-answer.ts";
import { asSource, type Source } from "./source.ts";

/** Options of {@link CachedStore}. */
export interface CachedStoreOptions extends FreshnessOptions {
  /** Names the data behind the source, where the source does not; another source under the same id is refused. */
  readonly identity?: string;
  /** Whether a value (`undefined`: a missing key) is worth keeping, given the milliseconds that it took. Default: all. */
  readonly shouldCache?: (key: string, value: Uint8Array | undefined, cost: number) => boolean;
  /**
   * Reads and keeps ranges in aligned blocks of so many bytes, for readers that ask for other ranges every time, such as
   * those of COG and NetCDF; `"1 MiB"` suits most. Needs a source that tells sizes and strong validators (`read`), as
   * `HttpSource` and `S3Source` do; a value of which it does not is read as asked. Ends are read as asked. Default: off.
   */
  readonly blockBytes?: ByteSize;
  /**
   * `"copy"` (default): every reader gets bytes of its own. `"shared"`: readers get the very bytes that are kept, or that
   * others get, and must not write to them; only for sources without `set`.
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
  /**
   * Is told how the read is answered, before it resolves. Not for an empty range, nor for metadata that is missing
   * offline because others say so. Must not throw.
   */
  readonly onAnswer?: (answer: ReadAnswer) => void;
}

/** Options of what is asked of the source itself. */
export interface AskOptions {
  /** Ends the wait, and the request to the source. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `getAtOnce`. */
export interface AtOnceOptions extends Pick<ReadOptions, "onAnswer"> {
  /** Bytes of the value, as `getRange` takes them. */
  readonly range?: RangeQuery | undefined;
  /** Gives the signal that ends this reader's wait; called only where the read has to wait. */
  readonly signal?: () => AbortSignal;
}

/** What a store is made of, checked. */
export interface StoreParts {
  readonly source: Source;
  readonly identity: string | undefined;
  readonly freshness: Freshness;
  readonly shouldCache: CachedStoreOptions["shouldCache"];
  readonly blockBytes: number | undefined;
  readonly isShared: boolean;
  readonly isOffline: boolean;
}

const OPTIONS = [
  "identity",
  "maxAge",
  "rules",
  "jitter",
  "random",
  "staleWhileRevalidate",
  "staleIfError",
  "expires",
  "dropOnChange",
  "shouldCache",
  "blockBytes",
  "isolation",
  "offline",
] as const satisfies (keyof CachedStoreOptions)[];

/** Checks what a store is made of; throws `InvalidOptionError` or `InvalidSourceError`. */
export function parseStoreParts(
  given: unknown,
  storeId: string,
  storage: CacheStorage,
  options: CachedStoreOptions,
): StoreParts {
  assertStoreId(storeId);
  assertKnownOptions("CachedStore", options, OPTIONS);
  if (typeof storage?.claim !== "function")
    throw new InvalidOptionError(
      "storage",
      storage,
      "a cache storage, such as new IndexedCacheStorage(index, opener)",
    );
  const { isolation = "copy", shouldCache, offline = false } = options;
  assertFlags({ offline });
  const source = offline ? offlineSource(storage, storeId) : asSource(given);
  assertEither("isolation", isolation, "copy", "shared");
  if (isolation === "shared" && source.set !== undefined)
    throw new InvalidOptionError("isolation", isolation, '"copy", since the source can be written to');
  if (shouldCache !== undefined)
    assertFunction("shouldCache", shouldCache, "a function (key, value, cost) => boolean");
  const { identity = source.identity } = options;
  if (identity !== undefined && (typeof identity !== "string" || identity === ""))
    throw new InvalidOptionError("identity", identity, "a text that names the data behind the source");
  return {
    source,
    identity,
    freshness: new Freshness(options),
    shouldCache,
    blockBytes: offline ? undefined : parseBlockBytes(source, options.blockBytes),
    isShared: isolation === "shared",
    isOffline: offline,
  };
}

function parseBlockBytes(source: Source, given: ByteSize | undefined): number | undefined {
  if (given === undefined) return undefined;
  const bytes = parseBytes("blockBytes", given);
  if (bytes < 1) throw new InvalidOptionError("blockBytes", given, "at least one byte");
  if (source.read === undefined)
    throw new InvalidOptionError(
      "blockBytes",
      given,
      "only with a source that has read(), such as HttpSource or S3Source",
    );
  return bytes;
}
