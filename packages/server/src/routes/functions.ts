import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { BadRequestError } from "../cache-aside/bad-request.ts";
import { answerAsideFailure } from "../cache-aside/failure.ts";
import { readJson } from "../cache-aside/json-body.ts";
import { denial } from "../cache-aside/permission.ts";
import type { ServerContext } from "../context.ts";

const list = createRoute({
  method: "get",
  path: "/api/v1/functions",
  summary: "The functions that can be called",
  responses: {
    200: {
      description: "Their names.",
      content: { "application/json": { schema: z.object({ functions: z.array(z.string()).readonly() }) } },
    },
  },
});

const call = createRoute({
  method: "post",
  path: "/api/v1/functions/{name}",
  summary: "Call a function over cached items",
  request: { params: z.object({ name: z.string().openapi({ example: "cache_item_stats" }) }) },
  responses: {
    200: {
      description: "Its result.",
      content: { "application/json": { schema: z.object({ value: z.unknown() }) } },
    },
    404: { description: "There is no such function." },
    500: { description: "It failed, crashed, or took too much memory." },
    503: { description: "Too many calls wait." },
    504: { description: "It took too long." },
  },
});

/** `/api/v1/functions`: what can be called, and calls with their arguments as a JSON object in the body. */
export function functionRoutes(context: ServerContext): OpenAPIHono {
  const app = new OpenAPIHono();
  const { aside } = context;
  if (aside === undefined) return app;
  app.openapi(list, (c) => {
    const denied = denial(context, c.req.raw, "run", aside.served.id);
    return (denied as never) ?? c.json({ functions: aside.functions.names }, 200);
  });
  app.openapi(call, async (c) => {
    const request = c.req.raw;
    try {
      const denied = denial(context, request, "run", aside.served.id);
      if (denied !== undefined) return denied as never;
      const args = await readJson(request);
      if (typeof args !== "object" || args === null || Array.isArray(args))
        throw new BadRequestError("The arguments are an object: {…}.");
      const value = await aside.functions.run(
        c.req.param("name"),
        args as Record<string, unknown>,
        request.signal,
      );
      return c.body(`{"value":${value}}\n`, 200, { "Content-Type": "application/json" }) as never;
    } catch (error) {
      return answerAsideFailure(error, request, context.log) as never;
    }
  });
  return app;
}
