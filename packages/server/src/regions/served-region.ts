import { z } from "@hono/zod-openapi";

const count = z.number().int();
const optionalCount = count.nullable();

/** What of a region is counted in a process, from its start. */
const counts = z.object({
  superseded: count.openapi({
    description: "Writes of documents that one which did not know of them replaced.",
  }),
  reads: count.openapi({ description: "Reads that another region answered." }),
  fromBuckets: count.openapi({ description: "Of these, reads that a bucket of that region answered." }),
  bytes: count.openapi({ description: "Bytes that came from other regions." }),
  dearer: count.openapi({ description: "Reads that went to the source since it was cheaper." }),
  failures: count.openapi({ description: "Transfers that failed, or were not what was announced." }),
  gone: count.openapi({ description: "Parts that a region had announced and had no longer." }),
  roundTrips: z
    .record(z.string(), z.number())
    .openapi({ description: "Milliseconds to each region and back." }),
});

const version = z.string().openapi({ description: "Version of a write: its clock and region." });

/** Who is there, and who is how far behind. */
export const regionReportSchema = z
  .object({
    region: z.string(),
    joined: z.boolean().openapi({ description: "Whether the region's NATS server could be reached." }),
    domain: z.string().nullable().openapi({ description: "The JetStream domain of the region." }),
    members: z.array(
      z.object({
        id: z.string(),
        region: z.string(),
        url: z.string().nullable(),
        heardAgo: z.number().openapi({ description: "Milliseconds since it was last heard." }),
        roundTrip: z.number().nullable().openapi({ description: "Milliseconds, where it is known." }),
      }),
    ),
    logs: z.array(
      z.object({
        region: z.string(),
        kind: z.string(),
        stream: z.string(),
        sequence: count.openapi({ description: "The last operation that is here." }),
        behind: count.openapi({ description: "Operations that others tell of and that are not here yet." }),
        stoppedFor: z.number().openapi({
          description: "Milliseconds that it has been behind without coming on.",
        }),
      }),
    ),
    backlog: z.array(
      z.object({
        region: z.string(),
        kind: z.string(),
        behind: optionalCount.openapi({
          description:
            "Operations of this region that are not there yet; null while that region is not heard.",
        }),
      }),
    ),
    counts,
    conflicts: z
      .array(z.object({ key: z.string(), lost: version, won: version }))
      .openapi({ description: "The latest writes that were superseded." }),
  })
  .openapi("Region");

/** What `/api/v1/regions` answers. */
export type RegionReport = z.output<typeof regionReportSchema>;

/** What of a region is counted in a process, from its start. */
export type RegionCounts = z.output<typeof counts>;

/** The region that a server is in, as its routes see it. */
export interface ServedRegion {
  readonly namespace: string;
  /** Hands out what is cached here to servers of other regions. */
  readonly parts: (request: Request) => Promise<Response>;
  /** Answers requests for documents; `undefined` where none are served. */
  readonly documents: ((request: Request) => Promise<Response>) | undefined;
  /** The same for those who show what servers of the regions show each other. */
  readonly peerDocuments: ((request: Request) => Promise<Response>) | undefined;
  counts(): RegionCounts;
  report(): Promise<RegionReport>;
  /** Ends what was begun here. The cache is closed afterwards. */
  close(): Promise<void>;
}
