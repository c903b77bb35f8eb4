import { z } from "@hono/zod-openapi";
import { configSchema } from "./config-schema.ts";

/** The schema of configuration files as JSON Schema (2020-12), for editors. */
export function configJsonSchema(): object {
  return {
    $id: "https://zarr-cache.dev/config.schema.json",
    title: "Configuration of a zarr-cache server",
    ...z.toJSONSchema(configSchema, { io: "input" }),
  };
}
