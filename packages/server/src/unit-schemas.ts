import { z } from "@hono/zod-openapi";
import { parseBytes, parseDuration } from "zarr-cache";

/** A duration as a person writes it; read in milliseconds. */
export const durationSchema = z
  .union([z.number(), z.string()])
  .transform((value, context) => read(context, () => parseDuration("duration", value)))
  .openapi({
    type: "string",
    description: 'Text such as "500 ms", "30s", "1h", or milliseconds.',
    example: "30s",
  });

/** A size as a person writes it; read in bytes. */
export const byteSizeSchema = z
  .union([z.number(), z.string()])
  .transform((value, context) => read(context, () => parseBytes("size", value)))
  .openapi({ type: "string", description: 'Text such as "512 MB", or bytes.', example: "512 MB" });

function read(context: z.RefinementCtx, parse: () => number): number {
  try {
    return parse();
  } catch (error) {
    context.addIssue({ code: "custom", message: (error as Error).message });
    return z.NEVER;
  }
}
