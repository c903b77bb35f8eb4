import { z } from "@hono/zod-openapi";
import { durationSchema } from "../unit-schemas.ts";

const bytes = z.number().openapi({ description: "Bytes." });
const count = z.number().int();

/** Any answer that is a problem of RFC 9457. */
export const problemSchema = z
  .object({ title: z.string(), status: count, detail: z.string() })
  .openapi("Problem");

/** What is kept, against the budget. */
export const usageSchema = z
  .object({ entries: count, bytes, condemnedBytes: bytes, claims: count, maxBytes: bytes, evictions: count })
  .openapi("Usage");

/** A tier, and what is kept in it. */
export const tierUsageSchema = usageSchema
  .extend({
    tier: z.string(),
    sick: z.boolean().openapi({ description: "Whether it is skipped for a while." }),
  })
  .openapi("TierUsage");

/** A store as it is served; its reads are those of all processes of the server. */
export const storeSchema = z
  .object({
    id: z.string(),
    source: z.string().nullable().openapi({ description: "What it is a copy of, without secrets." }),
    writable: z.boolean(),
    entries: count,
    bytes,
    reads: count,
    hitRatio: z.number().openapi({ description: "Share of the reads that needed no read of the source." }),
    sourceReads: count,
    sourceBytes: bytes,
    sourceFailures: count,
  })
  .openapi("Store");

/** What an array of a store has in the cache. */
export const arrayUsageSchema = z.object({ array: z.string(), entries: count, bytes }).openapi("ArrayUsage");

/** One entry of the cache. */
export const entrySchema = z
  .object({
    store: z.string(),
    key: z.string(),
    range: z
      .object({ offset: count, length: count })
      .or(z.object({ suffixLength: count }))
      .nullable(),
    missing: z.boolean().openapi({ description: "Whether what is cached is that the key has no value." }),
    size: bytes,
    charge: bytes.openapi({ description: "Bytes that it counts in the budget." }),
    age: z.number().openapi({ description: "Milliseconds since the source was asked." }),
    cost: z.number().openapi({ description: "Milliseconds that the source took." }),
    hits: count,
    lastUsedAt: z.string(),
    expiresAt: z.string().nullable(),
    validator: z.string().nullable(),
  })
  .openapi("Entry");

/** Which entries, in which order. */
export const entriesQuery = z.object({
  store: z.string().optional(),
  path: z.string().startsWith("/").optional().openapi({ description: "Only below it; needs `store`." }),
  orderBy: z.enum(["key", "size", "age", "hits", "cost"]).default("key"),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z.string().optional().openapi({ description: "`next` of the page before." }),
});

const region = z
  .array(z.tuple([z.number().int().min(0), z.number().int().min(0)]).nullable())
  .openapi({ description: "For each dimension [start, stop), or null for all of it." });

/** What is to be dropped from the cache; the source is never touched. */
export const invalidationSchema = z
  .union([
    z.strictObject({ store: z.string(), key: z.string().startsWith("/") }),
    z.strictObject({ store: z.string(), path: z.string().startsWith("/") }),
    z.strictObject({ store: z.string(), array: z.string(), region: region.optional() }),
    z.strictObject({ store: z.string(), olderThan: durationSchema }),
    z.strictObject({ store: z.string() }),
  ])
  .openapi("Invalidation");

/** What is to be read into the cache. */
export const warmSchema = z
  .strictObject({
    store: z.string(),
    keys: z.array(z.string().startsWith("/")).max(100_000).optional(),
    pattern: z.string().startsWith("/").optional().openapi({ example: "/t2m/**" }),
    arrays: z.array(z.string()).min(1).max(1000).optional(),
    region: region.optional(),
    concurrency: z.number().int().min(1).max(256).optional(),
  })
  .refine(
    ({ keys, pattern, arrays }) => [keys, pattern, arrays].filter((it) => it !== undefined).length === 1,
    {
      error: "give one of keys, pattern and arrays",
    },
  )
  .openapi("Warm");

/** How index and bytes are compared. */
export const verifySchema = z.strictObject({ repair: z.boolean().default(false) }).openapi("Verify");

/** Something that takes a while. */
export const jobSchema = z
  .object({
    id: z.string(),
    kind: z.enum(["warm", "verify"]),
    store: z.string().nullable(),
    state: z.enum(["running", "done", "failed", "cancelled"]),
    startedAt: z.string(),
    endedAt: z.string().nullable(),
    progress: z.record(z.string(), z.unknown()),
    result: z.record(z.string(), z.unknown()).nullable(),
    reason: z.string().nullable(),
  })
  .openapi("Job");
