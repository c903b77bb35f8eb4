import { z } from "@hono/zod-openapi";
import { byteSizeSchema, durationSchema } from "../unit-schemas.ts";
import { cachingFields } from "./caching-fields.ts";
import { type PipelineStoreConfig, pipelineStoreSection } from "./pipeline-store-section.ts";

/** Where a store reads from: a web server, a bucket, or a directory. */
const source = z
  .string()
  .refine((text) => /^(?:https?:\/\/|s3:\/\/|file:\/\/|[~./])/.test(text), {
    error:
      'is no source; give "https://host/path.zarr", "s3://bucket/prefix", or a path such as "./data.zarr"',
  })
  .describe('Where the store reads from: "https://…", "s3://bucket/prefix", or the path of a directory.');

const http = z.strictObject({
  headers: z.record(z.string(), z.string()).optional().describe("Sent with every request to the source."),
  redirects: z
    .enum(["same-origin", "follow", "error"])
    .optional()
    .describe('Whether redirects of the source are followed. Default "same-origin".'),
  privateAddresses: z
    .boolean()
    .optional()
    .describe(
      "Whether the source may be at an address of a private network. Default: where its URL names one itself.",
    ),
  concurrency: z.int().min(1).optional().describe("Most requests under way to its server. Default 32."),
  missing: z
    .array(z.int().min(400).max(499))
    .optional()
    .describe("Statuses that mean that a key has no value. Default [404, 410]."),
  maxBytes: byteSizeSchema.optional().describe('Longest answer that is accepted. Default "1 GiB".'),
  timeouts: z
    .strictObject({
      firstByte: durationSchema.optional(),
      stall: durationSchema.optional(),
      total: durationSchema.optional(),
    })
    .optional()
    .describe("How long the source may take: to begin an answer, between two pieces of it, and in all."),
  retries: z
    .strictObject({
      attempts: z.int().min(1).optional(),
      budget: z.int().min(0).optional(),
      firstDelay: durationSchema.optional(),
      longestDelay: durationSchema.optional(),
    })
    .optional()
    .describe("When a failed request is sent again."),
});

const s3 = z.strictObject({
  region: z.string().optional(),
  endpoint: z.url().optional().describe("URL of an S3 server that is not of AWS."),
  forcePathStyle: z.boolean().optional(),
  unsigned: z.boolean().optional().describe("Sends requests without credentials, as public buckets allow."),
  missing: z.array(z.union([z.literal(403), z.literal(404)])).optional(),
  maxBytes: byteSizeSchema.optional(),
});

const options = z.strictObject({
  source,
  http: http.optional().describe("Options of a source on a web server."),
  s3: s3
    .optional()
    .describe("Options of a source in a bucket. Credentials come from the environment as usual."),
  writable: z
    .boolean()
    .default(false)
    .describe("Whether PUT and DELETE write to the source. Not for http(s)."),
  quota: byteSizeSchema.optional().describe("Most bytes of this store in the cache; needs cache.index."),
  ...cachingFields,
});

/** Which ids a store can have: safe in paths and in names of files and objects. */
export const storeId = z.string().regex(/^[A-Za-z0-9_](?:[A-Za-z0-9_-]|\.(?!\.)){0,127}$/, {
  error:
    'is no store id; allowed are letters, digits, ".", "_" and "-", at most 128, not beginning with "." or "-"',
});

/** One store: its source alone, or with options, or a pipeline. */
export const storeSection = z
  .union([source.transform((text) => options.parse({ source: text })), options, pipelineStoreSection])
  .describe("A store: where it reads from, or that with options, or the pipeline that computes it.");

/** A store that reads from somewhere as it is configured, read and completed. */
export type SourceStoreConfig = z.output<typeof options>;

/** A store as it is configured, read and completed. */
export type StoreConfig = SourceStoreConfig | PipelineStoreConfig;

/** Whether a store is computed, and not read from somewhere. */
export function isPipeline(config: StoreConfig): config is PipelineStoreConfig {
  return "pipeline" in config;
}
