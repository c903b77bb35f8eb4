import { type ByteSize, parseBytes } from "../byte-size.ts";
import { type Clock, systemTimers, type Timers } from "../clock.ts";
import { type Duration, parseDuration } from "../duration.ts";
import { InvalidOptionError } from "../errors.ts";
import { assertStoreId } from "../key.ts";
import { assertKnownOptions, parseCount } from "../options.ts";
import type { DuplicableClient } from "./connection.ts";
import { isNamespace } from "./shard-keys.ts";

/** Options of a `RedisStoreIndex`. Bounds, quotas and policy are kept in Redis: the last to open the index sets them for all. */
export interface RedisStoreIndexOptions {
  /**
   * A URL (`redis://host:port/db`, `rediss://…`), or an ioredis `Redis` or `Cluster`, which is only copied: the index
   * makes connections of its own with its options.
   */
  readonly redis: string | DuplicableClient;
  /** Names the index within Redis: 1 to 64 letters, digits, `.`, `_`, `-`. */
  readonly namespace: string;
  /** Budget in bytes of the place where the bytes are; Redis itself needs some 400 bytes for an entry beside it. */
  readonly maxBytes: ByteSize;
  /** Bytes of `maxBytes` that entries may not take, for what the medium needs beside them, such as directories. Default 0. */
  readonly setAside?: ByteSize;
  /** Default `Infinity`. */
  readonly maxEntries?: number;
  /** Bytes of the largest value that is kept. Default: an eighth of a shard's share of `maxBytes`. */
  readonly maxEntryBytes?: ByteSize;
  /** Most bytes of values that are pinned, their overhead included. Default: half of `maxBytes`. */
  readonly maxPinnedBytes?: ByteSize;
  /** Most bytes of single stores; a store over its quota makes room among its own entries. */
  readonly quotas?: Readonly<Record<string, ByteSize>>;
  /** Over how many parts, each with its share of the budget, keys are spread; fixed when the index is made. Default 1, in a Cluster 16. */
  readonly shards?: number;
  /** What goes first. Default `"gdsf"`. */
  readonly policy?: "gdsf" | "lru";
  /** Longest wait for an answer of Redis. Default 250 ms. */
  readonly deadline?: Duration;
  /** How long tiers above may answer without having heard of invalidations. Default 5 s. */
  readonly coherence?: Duration;
  /** After how long a claim that is not renewed goes to somebody else. Default 5 s. */
  readonly lockAge?: Duration;
  /** Told what an operator should know, such as that Redis may evict by itself. Default: nobody is told. */
  readonly onWarning?: (message: string) => void;
  /** For tests: replaces Redis' clock, on which ages count. */
  readonly clock?: Clock;
  readonly timers?: Timers;
  /** Monotonic milliseconds. Default `performance.now`. */
  readonly monotonic?: () => number;
}

/** The options with their defaults. */
export interface RedisIndexSettings {
  readonly redis: string | DuplicableClient;
  readonly namespace: string;
  readonly maxBytes: number;
  readonly setAside: number;
  readonly maxEntries: number;
  readonly maxEntryBytes: number;
  readonly maxPinnedBytes: number;
  readonly quotas: readonly (readonly [string, number])[];
  readonly shards: number;
  readonly policy: "gdsf" | "lru";
  readonly deadline: number;
  readonly coherence: number;
  readonly lockAge: number;
  readonly clock: Clock | undefined;
  readonly timers: Timers;
  readonly monotonic: () => number;
  warn(message: string): void;
}

/** A token has a byte for the shard. */
const MOST_SHARDS = 256;
const SHARDS_IN_CLUSTER = 16;

const KNOWN = [
  "redis",
  "namespace",
  "maxBytes",
  "setAside",
  "maxEntries",
  "maxEntryBytes",
  "maxPinnedBytes",
  "quotas",
  "shards",
  "policy",
  "deadline",
  "coherence",
  "lockAge",
  "onWarning",
  "clock",
  "timers",
  "monotonic",
];

/** Checks options and fills in defaults; throws `InvalidOptionError` naming the option. */
export function parseRedisIndexOptions(options: RedisStoreIndexOptions): RedisIndexSettings {
  if (options === undefined)
    throw new InvalidOptionError(
      "RedisStoreIndex",
      options,
      "an object with at least redis, namespace, maxBytes",
    );
  assertKnownOptions("RedisStoreIndex", options, KNOWN);
  const { redis, namespace, maxEntryBytes, quotas = {}, policy = "gdsf", onWarning } = options;
  assertRedis(redis);
  assertNamespace(namespace);
  if (policy !== "gdsf" && policy !== "lru")
    throw new InvalidOptionError("policy", policy, '"gdsf" or "lru"; Redis knows no others');
  if (onWarning !== undefined && typeof onWarning !== "function")
    throw new InvalidOptionError("onWarning", onWarning, "a function (message) => void");
  const isCluster = typeof redis !== "string" && redis.isCluster === true;
  const shards = parseCount("shards", options.shards ?? (isCluster ? SHARDS_IN_CLUSTER : 1), 1);
  if (shards > MOST_SHARDS) throw new InvalidOptionError("shards", shards, `1 to ${MOST_SHARDS}`);
  const maxBytes = parseBytes("maxBytes", options.maxBytes);
  const setAside = parseBytes("setAside", options.setAside ?? 0);
  if (setAside > maxBytes)
    throw new InvalidOptionError("setAside", setAside, `at most ${maxBytes}, maxBytes`);
  const share = Math.floor((maxBytes - setAside) / shards);
  return {
    redis,
    namespace,
    maxBytes,
    setAside,
    maxEntries: parseCount("maxEntries", options.maxEntries ?? Number.POSITIVE_INFINITY),
    maxEntryBytes:
      maxEntryBytes === undefined
        ? Math.floor(share / 8)
        : Math.min(parseBytes("maxEntryBytes", maxEntryBytes), share),
    maxPinnedBytes: parseBytes("maxPinnedBytes", options.maxPinnedBytes ?? maxBytes / 2),
    quotas: parseQuotas(quotas),
    shards,
    policy,
    deadline: parseDuration("deadline", options.deadline ?? 250),
    coherence: parseDuration("coherence", options.coherence ?? 5000),
    lockAge: parseDuration("lockAge", options.lockAge ?? 5000),
    clock: options.clock,
    timers: options.timers ?? systemTimers,
    monotonic: options.monotonic ?? (() => performance.now()),
    warn: (message) => onWarning?.(message),
  };
}

/** Whether this is the URL of a Redis, or a client of one. */
export function isRedis(redis: unknown): redis is string | DuplicableClient {
  if (typeof redis === "string") return /^rediss?:\/\//.test(redis) && URL.canParse(redis);
  return typeof (redis as { duplicate?: unknown } | null | undefined)?.duplicate === "function";
}

/** Throws `InvalidOptionError` for what is no Redis; shows no part of a URL, which may hold a password. */
export function assertRedis(redis: unknown): asserts redis is string | DuplicableClient {
  if (isRedis(redis)) return;
  const shown = typeof redis === "string" ? "(text)" : typeof redis;
  throw new InvalidOptionError(
    "redis",
    shown,
    'a URL such as "redis://127.0.0.1:6379", or an ioredis Redis or Cluster',
  );
}

/** Throws `InvalidOptionError` for what cannot stand in the name of a key. */
export function assertNamespace(namespace: unknown): void {
  if (!isNamespace(namespace))
    throw new InvalidOptionError(
      "namespace",
      namespace,
      '1 to 64 letters, digits, ".", "_" and "-", starting with a letter, digit or "_"',
    );
}

function parseQuotas(quotas: Readonly<Record<string, ByteSize>>): [string, number][] {
  if (typeof quotas !== "object" || quotas === null)
    throw new InvalidOptionError("quotas", quotas, "an object with bytes by store id");
  return Object.entries(quotas).map(([storeId, bytes]) => {
    assertStoreId(storeId);
    return [storeId, parseBytes(`quotas.${storeId}`, bytes)];
  });
}
