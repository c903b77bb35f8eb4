import { z } from "@hono/zod-openapi";
import { isNetwork } from "../guard/client-address.ts";
import { byteSizeSchema, durationSchema } from "../unit-schemas.ts";
import { storeId } from "./store-section.ts";

/** Where a server listens: a host and a port. */
export const listenSection = z
  .string()
  .regex(/^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/, {
    error:
      'is no address; give HOST:PORT, such as "127.0.0.1:5000" or "[::1]:5000"; port 0 takes any that is free',
  })
  .refine((text) => Number(text.slice(text.lastIndexOf(":") + 1)) < 65_536, {
    error: "has no port below 65536",
  })
  .describe('Address to listen at, HOST:PORT. Default "127.0.0.1:5000".');

/** Who may do what: the hash of a token, never the token. */
export const tokenSection = z
  .strictObject({
    name: z.string().min(1).describe("Who holds it; for the log."),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, {
        error: 'is no SHA-256 in hexadecimal; make it with: printf %s "$TOKEN" | sha256sum',
      })
      .describe('SHA-256 of the token, in hexadecimal: printf %s "$TOKEN" | sha256sum'),
    scope: z.enum(["read", "write", "admin"]).describe("admin may also write, and write may also read."),
    stores: z.array(storeId).optional().describe("The stores that it is for. Default: all, and the server."),
  })
  .describe("A token, by its hash.");

/** Whose word is taken for where a request comes from. */
export const proxiesSection = z
  .strictObject({
    trusted: z
      .array(
        z.string().refine(isNetwork, {
          error: 'is no address and no network; give "10.0.0.7", "10.0.0.0/8" or "fd00::/8"',
        }),
      )
      .min(1)
      .describe("Addresses and networks of proxies before the server."),
    header: z
      .enum(["x-forwarded-for", "forwarded"])
      .default("x-forwarded-for")
      .describe(
        'The header in which each of them tells who asked it; the other one is ignored. Default "x-forwarded-for".',
      ),
  })
  .describe("Proxies that are believed about clients' addresses, which limits and the log go by.");

const SHARE = { error: "is no share; give true, false, or the part of the requests, above 0 and up to 1" };

/** Which requests are logged. */
export const accessLogSection = z
  .union([z.boolean(), z.number().gt(0, SHARE).max(1, SHARE)], SHARE)
  .describe(
    "Whether each request is logged at the level info, or which part of them: 0.01 is one in a hundred, and all that the server failed at. Default false.",
  );

/** What one request, one client and all together may ask for. */
export const limitsSection = z
  .strictObject({
    maxBodyBytes: byteSizeSchema
      .default(268_435_456)
      .describe('Longest body of a request. Default "256 MiB".'),
    maxUrlBytes: z.int().min(256).max(65_536).default(8192).describe("Longest URL. Default 8192."),
    maxHeaderBytes: z.int().min(1024).max(1_048_576).default(16_384).describe("Longest head of a request."),
    maxInFlight: z
      .int()
      .min(1)
      .default(1024)
      .describe("Most requests under way in each process; more are answered 503. Default 1024."),
    maxConnections: z.int().min(1).default(4096).describe("Most connections of each process. Default 4096."),
    requestTimeout: durationSchema
      .default(60_000)
      .describe('How long a client may take to send a request. Default "1m".'),
    sendTimeout: durationSchema
      .default(120_000)
      .describe('How long a connection may stand still. Default "2m".'),
    ratePerSecond: z
      .number()
      .min(1)
      .optional()
      .describe(
        "Requests a second that one client may send to each process on average. Default: as many as it likes.",
      ),
    burst: z
      .int()
      .min(1)
      .default(200)
      .describe("Requests above that which it may send at once. Default 200."),
  })
  .describe("What one request, one client, and all together may ask for.");

/** The limits as they are configured. */
export type LimitsConfig = z.output<typeof limitsSection>;
