import { z } from "@hono/zod-openapi";
import { durationSchema } from "../unit-schemas.ts";

/** How `zarr-cache worker` takes chunks of pipelines from a queue. */
export const workerSection = z
  .strictObject({
    redis: z
      .string()
      .regex(/^(?:rediss?|unix):/, { error: 'is no URL of a Redis, such as "redis://127.0.0.1:6379"' })
      .optional()
      .describe('The Redis of the queue: "redis://…". Default: that of cache.index.'),
    queue: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,100}$/, { error: 'has letters, digits, ".", "_" and "-" alone, at most 100' })
      .default("evaluations")
      .describe('Name of the queue. Default "evaluations".'),
    concurrency: z.int().min(1).max(256).default(1).describe("Chunks that a worker evaluates at once."),
    lockDuration: durationSchema
      .default(30_000)
      .describe('After how long the chunks of a worker that is not heard of go to others. Default "30s".'),
  })
  .describe(
    "How zarr-cache worker takes chunks of pipelines from a queue; what it evaluates: pipelines.evaluate.",
  );
