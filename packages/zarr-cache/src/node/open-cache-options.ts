import type { ByteSize } from "../byte-size.ts";
import type { Clock } from "../clock.ts";
import type { Duration } from "../duration.ts";
import { InvalidOptionError } from "../errors.ts";
import { assertFunction, assertKnownOptions } from "../options.ts";
import type { PolicyOption } from "../policy.ts";
import { isRedis, type RedisStoreIndexOptions } from "../redis/redis-index-options.ts";
import type { S3ClientLike, S3ClientSettings } from "../s3/s3-client-like.ts";
import { withoutValues } from "../without-values.ts";
import type { CacheLocation } from "./cache-location.ts";

/** Options of `openCache`. */
export interface OpenCacheOptions {
  /**
   * Budget in bytes for all stores and all processes that share the index. The last one to open it sets it, and what is
   * over it is evicted first. In a directory it covers the index as well and is `"10 GB"` by default; with an index in
   * Redis it has to be given, and a thirty-second, at most 16 MiB, is set aside for directories.
   */
  readonly maxBytes?: ByteSize;
  /** Most entries below the memory tier. Default: as many as fit. */
  readonly maxEntries?: number;
  /** Largest value that is kept below the memory tier. Default: an eighth of `maxBytes`, or of a shard's share of it. */
  readonly maxEntryBytes?: ByteSize;
  /** Most bytes below the memory tier that are pinned, see `warm`. Default: half of `maxBytes`. */
  readonly maxPinnedBytes?: ByteSize;
  /** Budget of the memory tier of this process; `false` for none. Default `"256 MB"`. */
  readonly memory?: ByteSize | false;
  /** What goes first when a budget is full; with an index in Redis no function. Default `"gdsf"`. */
  readonly policy?: PolicyOption;
  /** Bytes that are left free on the file system. Default: 1 GiB or 1 % of it, whichever is smaller. */
  readonly minFreeBytes?: ByteSize;
  /** Whether readers wait until what they read is kept. Default `"background"`. */
  readonly fills?: "background" | "await";
  /**
   * Bytes, beside those of the memory tier, that may wait in this process to be written below it; what is over it is not kept
   * there. Default `"256 MiB"`.
   */
  readonly maxFillBytes?: ByteSize;
  /**
   * How long the tier below memory may take to answer before the source is asked; the index gets half of it.
   * Default `"500 ms"`, in a bucket `"2s"` since that is for the whole value.
   */
  readonly deadline?: Duration;
  /** After how long a claim that its process no longer renews goes to another. Default `"5s"`. */
  readonly lockAge?: Duration;
  /** How long a reader waits for another's fill before it fetches for itself. Default `"30s"`. */
  readonly lockTimeout?: Duration;
  /** Tells the time in milliseconds; ages are counted on it. Default `Date.now`, or the clock of Redis. */
  readonly clock?: Clock;
  /**
   * Hears what an operator should know, such as that a corrupt index was replaced. Default: a warning of the process,
   * which Node prints to standard error.
   */
  readonly onWarning?: (message: string) => void;
  /**
   * The index that machines share: the URL of a Redis (`redis://…`, `rediss://…`), or an ioredis `Redis` or `Cluster`.
   * Required for a bucket. For a directory, one that all machines see; default: an index in the directory.
   */
  readonly index?: RedisStoreIndexOptions["redis"];
  /**
   * Names the index within Redis; whoever opens the same place has to give the same. Default: follows from the bucket
   * and the prefix. Required for a directory, which every machine may know by another name.
   */
  readonly namespace?: string;
  /** Over how many parts of Redis keys are spread; fixed when the index is made. Default 1, in a Cluster 16. */
  readonly shards?: number;
  /** Most bytes of single stores, by store id. */
  readonly quotas?: Readonly<Record<string, ByteSize>>;
  /** How long memory may answer without having heard what other machines invalidate. Default `"5s"`. */
  readonly coherence?: Duration;
  /** A client of `@aws-sdk/client-s3`, used as it is and never closed, see `S3StoreOpener`. */
  readonly client?: S3ClientLike;
  /** Settings of the client that is made otherwise. Default: those of the environment. */
  readonly clientConfig?: S3ClientSettings;
}

type Name = keyof OpenCacheOptions;

const COMMON: readonly Name[] = [
  "maxBytes",
  "maxEntries",
  "maxEntryBytes",
  "maxPinnedBytes",
  "memory",
  "policy",
  "fills",
  "maxFillBytes",
  "deadline",
  "lockAge",
  "lockTimeout",
  "clock",
  "onWarning",
  "index",
];
const DISK: readonly Name[] = ["minFreeBytes"];
const REDIS: readonly Name[] = ["namespace", "shards", "quotas", "coherence"];
const S3: readonly Name[] = ["client", "clientConfig"];

const REDIS_ITSELF = 'the URL of a Redis, such as "redis://127.0.0.1:6379", or an ioredis client';

/** Throws `InvalidOptionError` for unknown options, and for those that the location or the index has no use for. */
export function assertOpenCacheOptions(location: CacheLocation, options: OpenCacheOptions): void {
  assertKnownOptions("openCache", withoutValues(options), [...COMMON, ...DISK, ...REDIS, ...S3]);
  const given = (names: readonly Name[]) => names.find((name) => options[name] !== undefined);
  if (location.medium === "s3") {
    refuse(given(DISK), "nothing with a bucket; it is for directories");
    if (options.index === undefined)
      throw new InvalidOptionError("index", undefined, `for a bucket ${REDIS_ITSELF}`);
  } else refuse(given(S3), 'nothing with a directory; it is for buckets ("s3://bucket/prefix")');
  if (options.index === undefined) refuse(given(REDIS), "nothing without an index in Redis (option index)");
  else if (!isRedis(options.index)) refuse("index", REDIS_ITSELF);
  else if (location.medium === "disk" && options.namespace === undefined)
    throw new InvalidOptionError(
      "namespace",
      undefined,
      "a name that is the same on all machines, for a directory with an index in Redis",
    );
  if (options.onWarning !== undefined)
    assertFunction("onWarning", options.onWarning, "a function (message) => void");
}

function refuse(name: Name | undefined, allowed: string): void {
  // What it stands for may be a secret.
  if (name !== undefined) throw new InvalidOptionError(name, "(not shown)", allowed);
}
