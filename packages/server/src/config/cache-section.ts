import { z } from "@hono/zod-openapi";
import { byteSizeSchema, durationSchema } from "../unit-schemas.ts";

/** How a bucket of a cache is reached. */
export const bucketAccess = z
  .strictObject({
    region: z.string().optional(),
    endpoint: z.url().optional(),
    forcePathStyle: z.boolean().optional(),
  })
  .describe("How the bucket is reached. Credentials come from the environment as usual.");

/** Where what was read is kept, and how much of it. */
export const cacheSection = z
  .strictObject({
    location: z
      .string()
      .min(1)
      .default("~/.cache/zarr-cache")
      .describe('A directory, or a bucket with an index: "s3://bucket/prefix".'),
    maxBytes: byteSizeSchema
      .optional()
      .describe('Budget of all that is kept below memory, such as "10 GB". Required with an index.'),
    maxEntries: z.int().min(1).optional(),
    maxEntryBytes: byteSizeSchema.optional().describe("Largest value that is kept."),
    memory: z
      .union([z.literal(false), byteSizeSchema])
      .optional()
      .describe('Budget in memory of each process, or false for none. Default "256 MB".'),
    maxFillBytes: byteSizeSchema
      .default(67_108_864)
      .describe(
        'Most bytes that wait in each process to be written below memory; what is over it is not kept there. Default "64 MiB".',
      ),
    index: z
      .string()
      .regex(/^(?:rediss?|unix):/, { error: 'is no URL of a Redis, such as "redis://127.0.0.1:6379"' })
      .optional()
      .describe('The index that machines share: "redis://…".'),
    namespace: z.string().optional().describe("Names the index within Redis."),
    shards: z.int().min(1).optional(),
    policy: z
      .enum(["gdsf", "lru"])
      .optional()
      .describe('What goes first when the budget is full. Default "gdsf".'),
    minFreeBytes: byteSizeSchema.optional().describe("Bytes that are left free on the file system."),
    deadline: durationSchema.optional().describe("How long the cache may take before the source is asked."),
    lockAge: durationSchema.optional(),
    lockTimeout: durationSchema.optional(),
    coherence: durationSchema
      .optional()
      .describe("How long memory may answer without having heard what other machines invalidate."),
    s3: bucketAccess.optional(),
  })
  .describe("Where what was read is kept, and how much of it.");
