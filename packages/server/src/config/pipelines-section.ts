import { z } from "@hono/zod-openapi";

/** What all pipelines of a server are made with. */
export const pipelinesSection = z
  .strictObject({
    modules: z
      .array(z.string().min(1))
      .default([])
      .describe(
        "Paths of modules whose default export lists types of nodes and resources, which definitions may then name.",
      ),
  })
  .describe("What pipelines are made with. They need the package @zarr-cache/nodes.");
