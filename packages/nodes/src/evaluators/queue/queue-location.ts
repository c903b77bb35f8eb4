import { InvalidArgumentError } from "@zarr-cache/arrays";
import type { DuplicableClient } from "zarr-cache/redis";

/** Where a queue is. */
export interface QueueLocation {
  /** A URL (`redis://host:port/db`, `rediss://…`), or an ioredis `Redis`, which is only copied. */
  readonly redis: string | DuplicableClient;
  /** The name of the queue, letters, digits, ".", "_" and "-": `evaluations` unless told. */
  readonly queue?: string;
}

/** What all keys begin with; in braces, since a cluster keeps what is in them together. */
export const PREFIX = "{zarr-cache}";

/** Throws for a location that is impossible. The URL, which may have a password in it, is not told. */
export function checkLocation({ redis, queue = "evaluations" }: QueueLocation): void {
  const isUrl = typeof redis === "string" && /^(?:rediss?|unix):/.test(redis) && URL.canParse(redis);
  const isClient = typeof redis === "object" && typeof redis?.duplicate === "function" && !redis.isCluster;
  if (!isUrl && !isClient)
    throw new InvalidArgumentError(
      "redis",
      typeof redis === "string" ? "a text" : redis,
      'the URL of a Redis, such as "redis://127.0.0.1:6379", or an ioredis Redis that is no Cluster',
    );
  if (!/^[A-Za-z0-9._-]{1,100}$/.test(queue))
    throw new InvalidArgumentError("queue", queue, 'letters, digits, ".", "_" and "-", 1 to 100 of them');
}
