import { OpenAPIHono, z } from "@hono/zod-openapi";
import { denial } from "../cache-aside/permission.ts";
import type { ServerContext } from "../context.ts";
import { problem } from "../http/problem.ts";

/** Where evaluations are posted to. */
const EVALUATE = "/api/v1/evaluate";

/** `/api/v1/evaluate`: pipelines that are allowed, evaluated at any coordinates; what `remote` of `@zarr-cache/nodes` asks. */
export function evaluateRoutes(context: ServerContext): OpenAPIHono {
  const app = new OpenAPIHono();
  const { evaluation } = context;
  app.all(EVALUATE, async (c) => {
    const denied = denial(context, c.req.raw, "run", "");
    if (denied !== undefined) return denied;
    if (evaluation === undefined)
      return problem(404, "This server evaluates nothing for clients; configure pipelines.evaluate.");
    return evaluation(c.req.raw);
  });
  if (evaluation !== undefined) describe(app);
  return app;
}

/** Tells `/openapi.json` of the route. */
function describe(app: OpenAPIHono): void {
  const request = z.object({
    definition: z.record(z.string(), z.unknown()).openapi({ description: "A pipeline, as JSON." }),
    coordinates: z
      .object({ crs: z.string(), coordinates: z.array(z.unknown()) })
      .openapi({ description: "The definition of coordinates." }),
    params: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
    cache: z.enum(["use", "bypass", "refresh"]).optional().openapi({
      description: "Whether results that are cached are used, not used, or replaced. Default: used.",
    }),
  });
  const result = z.string().openapi({ format: "binary" });
  app.openAPIRegistry.registerPath({
    method: "post",
    path: EVALUATE,
    summary: "Evaluate a pipeline",
    request: { body: { required: true, content: { "application/json": { schema: request } } } },
    responses: {
      200: {
        description: "The labelled array: the length of a header (uint32), the header as JSON, the values.",
        content: { "application/vnd.zarr-cache.result": { schema: result } },
      },
      400: { description: "The definition, the coordinates or the parameters are not as they should be." },
      403: { description: "This pipeline is not allowed, or not with this token." },
      413: { description: "The request or the coordinates are too large." },
      500: { description: "It failed." },
      503: { description: "Too many evaluations wait." },
      504: { description: "It took too long." },
    },
  });
}
