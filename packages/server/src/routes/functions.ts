import { OpenAPIHono, z } from "@hono/zod-openapi";
import { understand } from "../cache-aside/bad-request.ts";
import { answerAsideFailure } from "../cache-aside/failure.ts";
import { readJson } from "../cache-aside/json-body.ts";
import { denial } from "../cache-aside/permission.ts";
import type { ServerContext } from "../context.ts";

/** Where functions are. */
const FUNCTIONS = "/api/v1/functions";

const argumentsSchema = z.record(z.string(), z.unknown());

/** `/api/v1/functions`: what can be called, and calls with their arguments as a JSON object in the body. */
export function functionRoutes(context: ServerContext): OpenAPIHono {
  const app = new OpenAPIHono();
  const { aside } = context;
  if (aside === undefined) return app;
  const { functions, served } = aside;
  describe(app);
  app.get(
    FUNCTIONS,
    (c) => denial(context, c.req.raw, "run", served.id) ?? c.json({ functions: functions.names }),
  );
  app.post(`${FUNCTIONS}/:name`, async (c) => {
    const request = c.req.raw;
    try {
      const denied = denial(context, request, "run", served.id);
      if (denied !== undefined) return denied;
      const args = understand(argumentsSchema, await readJson(request));
      const value = await functions.run(c.req.param("name"), args, request.signal);
      return c.body(`{"value":${value}}\n`, 200, { "Content-Type": "application/json" });
    } catch (error) {
      return answerAsideFailure(error, request, context.log);
    }
  });
  return app;
}

/** Tells `/openapi.json` of the routes. */
function describe(app: OpenAPIHono): void {
  const json = <S extends z.ZodType>(schema: S) => ({ "application/json": { schema } });
  app.openAPIRegistry.registerPath({
    method: "get",
    path: FUNCTIONS,
    summary: "The functions that can be called",
    responses: {
      200: { description: "Their names.", content: json(z.object({ functions: z.array(z.string()) })) },
    },
  });
  app.openAPIRegistry.registerPath({
    method: "post",
    path: `${FUNCTIONS}/{name}`,
    summary: "Call a function over cached items",
    request: {
      params: z.object({ name: z.string().openapi({ example: "cache_item_stats" }) }),
      body: { content: json(argumentsSchema), required: true },
    },
    responses: {
      200: { description: "Its result.", content: json(z.object({ value: z.unknown() })) },
      404: { description: "There is no such function." },
      500: { description: "It failed, crashed, or took too much memory." },
      503: { description: "Too many calls wait." },
      504: { description: "It took too long." },
    },
  });
}
