import { DeadlineError, ZarrCacheError } from "../errors.ts";

/** What kept Redis from doing what it was asked. */
export type RedisErrorReason =
  | "unreachable"
  | "auth"
  | "readonly"
  | "memory"
  | "loading"
  | "busy"
  | "cluster"
  | "version"
  | "refused";

const TEMPORARY: readonly RedisErrorReason[] = ["unreachable", "loading", "busy", "cluster", "memory"];

/** Redis did not do what the index asked; says why and what helps. Carries no secrets. */
export class RedisError extends ZarrCacheError {
  readonly reason: RedisErrorReason;

  constructor(reason: RedisErrorReason, message: string, options?: ErrorOptions) {
    super("RedisError", message, options);
    this.reason = reason;
  }

  override get isTemporary(): boolean {
    return TEMPORARY.includes(this.reason);
  }
}

/** How errors of Redis and ioredis begin, what they mean, and what helps. The first that fits counts. */
const MEANINGS: readonly (readonly [RegExp, RedisErrorReason, string])[] = [
  [
    /WRONGPASS|NOAUTH|NOPERM|invalid (?:username|password)|AUTH|without any password/i,
    "auth",
    "Redis refused the user or the password; check them and the rights of the user",
  ],
  [/READONLY/, "readonly", "this Redis is a replica; connect to the primary, or to a Cluster"],
  [
    /OOM|used memory > 'maxmemory'/,
    "memory",
    "Redis is out of memory; raise maxmemory or lower maxEntries of the index",
  ],
  [/LOADING/, "loading", "Redis is still loading its data; it will answer soon"],
  [/\bBUSY\b/, "busy", "a script of somebody else blocks Redis"],
  [
    /CLUSTERDOWN|TRYAGAIN|MOVED|ASK |Cluster|slots cache/i,
    "cluster",
    "part of the Redis Cluster is down or moving",
  ],
  [
    /ECONN|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EPIPE|Connection is closed|isn't writeable|max retries|Socket timeout|Socket closed/i,
    "unreachable",
    "Redis cannot be reached",
  ],
];

/** Makes a tagged error of what ioredis rejected with. Its own errors carry the command, passwords included: only the text is kept. */
export function tagRedisError(error: unknown, deadline: number): ZarrCacheError {
  if (error instanceof ZarrCacheError) return error;
  const text = error instanceof Error ? error.message || String(error.name) : String(error);
  if (/command timed out/i.test(text)) return new DeadlineError("Redis", deadline);
  const cause = new Error(text.slice(0, 300));
  for (const [pattern, reason, meaning] of MEANINGS)
    if (pattern.test(text)) return new RedisError(reason, `${meaning} (${cause.message}).`, { cause });
  return new RedisError("refused", `Redis refused a command of the index (${cause.message}).`, { cause });
}
