import { z } from "@hono/zod-openapi";
import { bucketAccess } from "./cache-section.ts";

const name = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/, {
  error: 'is no name of a region; 1 to 32 of a–z, 0–9 and -, such as "eu-central-1"',
});

const replication = z.enum(["metadata", "on-second-read", "eager"]);

const bucket = z
  .strictObject({
    location: z
      .string()
      .regex(/^s3:\/\/[^@]+$/, { error: 'is no bucket, such as "s3://bucket/prefix"' })
      .describe("The cache.location of that region."),
    s3: bucketAccess.optional(),
  })
  .describe("Where another region keeps what it has cached.");

const documents = z
  .strictObject({
    mode: z.enum(["json", "text"]).optional().describe('What the values are. Default "json".'),
    allowedOrigins: z
      .array(z.url())
      .optional()
      .describe('Origins, such as "https://files.example", that a document may refer to. Default none.'),
  })
  .describe("Serves documents, at /api/v1/documents/{namespace}/{key}.");

/** Which region this is, and how it takes part in the others. */
export const regionSection = z
  .strictObject({
    name: name.describe("The name of this region, one for each JetStream domain."),
    nats: z
      .string()
      .regex(/^(?:nats|tls):\/\//, {
        error: 'is no address of a NATS server, such as "nats://127.0.0.1:4222"',
      })
      .describe("The NATS server of this region, with a JetStream domain of its own."),
    namespace: name
      .default("zarr-cache")
      .describe('Tells caches apart that share the servers. Default "zarr-cache".'),
    url: z
      .url({ protocol: /^https?$/, error: 'is no address such as "http://10.0.0.7:5000"' })
      .describe("Where servers of other regions reach this one."),
    replicate: z
      .union([replication, z.record(z.string(), replication)])
      .optional()
      .describe(
        'Whether bytes of other regions are kept here, for all stores or by store ("*": all others). Default "on-second-read".',
      ),
    whenRegionDown: z
      .enum(["far", "bypass"])
      .optional()
      .describe(
        'Where reads go while this region\'s own cache is down: to other regions, or past them. Default "far".',
      ),
    buckets: z
      .record(name, bucket)
      .optional()
      .describe(
        "Buckets of other regions that this one may read, by region: what is cached there is had from them too.",
      ),
    token: z.string().min(1).optional().describe("What servers of the regions show each other."),
    instance: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Names this server among those of the region, through restarts. Default: the name of the machine.",
      ),
    documents: documents.optional(),
  })
  .describe(
    "Which region this is, and how it takes part in the others. Needs the package @zarr-cache/regions.",
  );

/** A region as it is configured, read and completed. */
export type RegionConfig = z.output<typeof regionSection>;
