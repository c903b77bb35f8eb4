import { z } from "@hono/zod-openapi";
import { asideSettings } from "../cache-aside/aside.ts";
import { durationSchema } from "../unit-schemas.ts";
import { cacheSection } from "./cache-section.ts";
import { pipelinesSection } from "./pipelines-section.ts";
import { regionSection } from "./region-section.ts";
import {
  accessLogSection,
  limitsSection,
  listenSection,
  proxiesSection,
  tokenSection,
} from "./server-sections.ts";
import { isPipeline, storeId, storeSection } from "./store-section.ts";
import { workerSection } from "./worker-section.ts";

/** Everything that can be configured: validates a configuration, completes it, and documents it. */
export const configSchema = z
  .strictObject({
    $schema: z.string().optional().describe("URL of this schema, for editors."),
    listen: listenSection.default("127.0.0.1:5000"),
    workers: z.int().min(1).max(256).default(1).describe("Processes that serve. Default 1."),
    cache: cacheSection.prefault({}),
    stores: z.record(storeId, storeSection).default({}).describe("The stores that are served, by id."),
    aside: asideSettings
      .optional()
      .describe("The cache-aside API and functions. Default: over the only store, where there is one."),
    pipelines: pipelinesSection.prefault({}),
    region: regionSection.optional(),
    worker: workerSection.prefault({}),
    tokens: z
      .array(tokenSection)
      .default([])
      .describe("Who may do what. Without any, everybody who reaches the server may do everything."),
    cors: z
      .union([z.literal("*"), z.array(z.string())])
      .default("*")
      .describe('Pages of which origins may read the stores. Default "*".'),
    hosts: z
      .array(z.string())
      .default([])
      .describe("Names by which the server is known, besides those of its address; others are refused."),
    allowPublic: z
      .boolean()
      .default(false)
      .describe("Whether it may listen at a public address although there are no tokens."),
    proxies: proxiesSection.optional(),
    limits: limitsSection.prefault({}),
    drainTimeout: durationSchema
      .default(30_000)
      .describe('How long requests under way may take once the server is to end. Default "30s".'),
    accessLog: accessLogSection.default(false),
    logLevel: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
  })
  .superRefine((config, context) => {
    for (const [id, store] of Object.entries(config.stores)) {
      if (isPipeline(store)) continue;
      const { quota, source, writable, http, s3 } = store;
      const isHttp = /^https?:/.test(source);
      const at = (name: string, message: string) =>
        context.addIssue({ code: "custom", path: ["stores", id, name], message });
      if (quota !== undefined && config.cache.index === undefined)
        at("quota", "needs an index that counts by store; set cache.index to the URL of a Redis");
      if (writable && isHttp)
        at("writable", "is for buckets and directories; a web server cannot be written to");
      if (http !== undefined && !isHttp) at("http", "is for sources on a web server (http:// or https://)");
      if (s3 !== undefined && !source.startsWith("s3://")) at("s3", "is for sources in a bucket (s3://)");
    }
    if (config.aside !== undefined && !Object.hasOwn(config.stores, config.aside.store))
      context.addIssue({
        code: "custom",
        path: ["aside", "store"],
        message: `there is no store "${config.aside.store}"; configured are: ${Object.keys(config.stores).join(", ") || "none"}`,
      });
    if (config.region !== undefined && config.tokens.length > 0 && config.region.token === undefined)
      context.addIssue({
        code: "custom",
        path: ["region", "token"],
        message: "is needed where there are tokens: what servers of the regions show each other",
      });
    for (const [place, { stores = [] }] of config.tokens.entries())
      for (const id of stores)
        if (!Object.hasOwn(config.stores, id))
          context.addIssue({
            code: "custom",
            path: ["tokens", place, "stores"],
            message: `there is no store "${id}"; configured are: ${Object.keys(config.stores).join(", ") || "none"}`,
          });
  });

/** A configuration as a person writes it. */
export type ConfigInput = z.input<typeof configSchema>;

/** A configuration, read and completed. */
export type Config = z.output<typeof configSchema>;
