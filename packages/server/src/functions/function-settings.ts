import { z } from "@hono/zod-openapi";
import { byteSizeSchema, durationSchema } from "../unit-schemas.ts";

const functionName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/, {
  message: 'allowed: letters, digits, "_" and "-", at most 64, starting with a letter or "_"',
});

/** One function of an operator: a module, or its path alone. */
const registered = z.union([
  z
    .string()
    .min(1)
    .transform((module) => ({ module })),
  z.strictObject({
    module: z
      .string()
      .min(1)
      .openapi({ description: "Path of the module, from the configuration's directory." }),
    timeout: durationSchema.optional(),
    expires: durationSchema
      .optional()
      .openapi({ description: "Keeps results in the cache, by the arguments, so long." }),
  }),
]);

/**
 * The part `functions` of a configuration: modules that clients may call by name, and the bounds they run in. Code comes
 * from here alone, never from a request.
 */
export const functionSettings = z
  .strictObject({
    modules: z.record(functionName, registered).default({}),
    timeout: durationSchema.default(30_000).openapi({ description: "How long a call may take." }),
    memory: byteSizeSchema.default(512_000_000).openapi({ description: "Memory of a function's process." }),
    processes: z.number().int().min(1).max(64).default(2).openapi({ description: "Calls at the same time." }),
    queue: z
      .number()
      .int()
      .min(1)
      .max(10_000)
      .default(64)
      .openapi({ description: "Calls that wait; more get 503." }),
    maxResult: byteSizeSchema.default(16_000_000).openapi({ description: "Largest result as JSON." }),
    itemBytes: byteSizeSchema.default(256_000_000).openapi({
      description: "Cached items that are kept as files between calls.",
    }),
    environment: z.array(z.string()).default([]).openapi({
      description: "Variables of the environment that functions see, besides PATH, TZ, LANG and HOME.",
    }),
  })
  .openapi("Functions");

/** {@link functionSettings}, read and completed. */
export type FunctionSettings = z.output<typeof functionSettings>;
