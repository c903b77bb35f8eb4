import { z } from "@hono/zod-openapi";
import { byteSizeSchema, durationSchema } from "../unit-schemas.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/, {
  error: "is no hash of a pipeline: 64 hexadecimal digits, as node.hash tells them",
});

const evaluate = z
  .strictObject({
    allow: z
      .array(hash)
      .default([])
      .describe("Hashes of pipelines that may be evaluated besides those of the stores."),
    maxPoints: z.int().min(1).default(4_194_304).describe("Points of one evaluation. Default 4194304."),
    maxBodyBytes: byteSizeSchema.default(4_000_000).describe('Longest request. Default "4 MB".'),
    timeout: durationSchema.default(300_000).describe('How long one may take. Default "5m".'),
    concurrency: z.int().min(1).max(256).default(2).describe("Evaluations at the same time. Default 2."),
    queue: z.int().min(0).max(10_000).default(64).describe("Requests that wait; more get 503. Default 64."),
  })
  .describe(
    "Evaluates pipelines for clients at any coordinates: POST /api/v1/evaluate. Default: for nobody.",
  );

/** How pipelines are evaluated for clients, read and completed. */
export type EvaluateConfig = z.output<typeof evaluate>;

/** What all pipelines of a server are made with, and whether clients may evaluate them. */
export const pipelinesSection = z
  .strictObject({
    modules: z
      .array(z.string().min(1))
      .default([])
      .describe(
        "Paths of modules whose default export lists types of nodes and resources, which definitions may then name.",
      ),
    evaluate: evaluate.optional(),
  })
  .describe("What pipelines are made with. They need the package @zarr-cache/nodes.");
