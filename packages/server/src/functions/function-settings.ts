import { z } from "@hono/zod-openapi";
import { byteSizeSchema, durationSchema } from "../unit-schemas.ts";

const functionName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/, {
  message: 'allowed: letters, digits, "_" and "-", at most 64, starting with a letter or "_"',
});

const modulePath = z.string().min(1).describe("Path of the module, from the configuration's directory.");

const registered = z.strictObject({
  module: modulePath,
  timeout: durationSchema.optional().describe("How long a call of it may take."),
  expires: durationSchema.optional().describe("Keeps results in the cache, by the arguments, so long."),
});

/** One function of an operator's, read and completed. */
export type FunctionRegistration = z.output<typeof registered>;

/**
 * The part `functions` of a configuration: modules that clients may call by name, and the bounds they run in. Code comes
 * from here alone, never from a request.
 */
export const functionSettings = z
  .strictObject({
    modules: z
      .record(
        functionName,
        z.union([modulePath.transform((module): FunctionRegistration => ({ module })), registered]),
      )
      .default({})
      .describe("The functions, by name: the path of a module, or that with options."),
    timeout: durationSchema.default(30_000).describe("How long a call may take."),
    memory: byteSizeSchema.default(512_000_000).describe("Memory of a function's process."),
    processes: z.number().int().min(1).max(64).default(2).describe("Calls at the same time."),
    queue: z.number().int().min(1).max(10_000).default(64).describe("Calls that wait; more get 503."),
    maxResult: byteSizeSchema.default(16_000_000).describe("Largest result as JSON."),
    itemBytes: byteSizeSchema
      .default(256_000_000)
      .describe("Cached items that are kept as files between calls."),
    environment: z
      .array(z.string())
      .default([])
      .describe("Variables of the environment that functions see, besides PATH, TZ, LANG and HOME."),
  })
  .openapi("Functions");

/** {@link functionSettings}, read and completed. */
export type FunctionSettings = z.output<typeof functionSettings>;
