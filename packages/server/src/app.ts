import type { HttpBindings } from "@hono/node-server";
import { OpenAPIHono } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import type { ServerContext } from "./context.ts";
import { Entrance } from "./entrance.ts";
import { type Answer, toResponse } from "./http/answer.ts";
import { askedBy } from "./http/asked.ts";
import { answerFailure } from "./http/failure.ts";
import { problem } from "./http/problem.ts";
import { processStatistics, ServerStatistics } from "./operations/process-statistics.ts";
import { cacheAsideRoutes } from "./routes/cache-aside.ts";
import { changeRoutes } from "./routes/changes.ts";
import { evaluateRoutes } from "./routes/evaluate.ts";
import { eventRoutes } from "./routes/events.ts";
import { functionRoutes } from "./routes/functions.ts";
import { healthRoutes } from "./routes/health.ts";
import { inventoryRoutes } from "./routes/inventory.ts";
import { objectRoutes } from "./routes/objects.ts";
import { observationRoutes } from "./routes/observation.ts";
import { openApiRoutes } from "./routes/openapi.ts";
import { regionRoutes } from "./routes/regions.ts";
import { storeRoutes } from "./routes/stores.ts";
import { StoreReads } from "./stores/store-reads.ts";

/** What the application shares with other ways in, such as the lane for reads over connections of Node. */
export interface SharedParts {
  readonly entrance: Entrance;
  readonly reads: StoreReads;
}

export function sharedParts(context: ServerContext): SharedParts {
  return { entrance: new Entrance(context), reads: new StoreReads(context) };
}

/**
 * Makes the server's application: a function from `Request` to `Response`, for any platform that Hono runs on.
 *
 * Each group of routes is a file in `routes` with a function `(context) => Hono`; those under `/api` are made with
 * `createRoute`, from which `/openapi.json` follows.
 */
export function createApp(
  context: ServerContext,
  { entrance, reads }: SharedParts = sharedParts(context),
): OpenAPIHono {
  const app = new OpenAPIHono({ strict: true });
  const statistics = new ServerStatistics(context, () => processStatistics(context));
  app.use(throughEntrance(entrance));
  app.route("/", storeRoutes(context, reads));
  app.route("/", healthRoutes(context));
  app.route("/", cacheAsideRoutes(context));
  app.route("/", objectRoutes(context));
  app.route("/", functionRoutes(context));
  app.route("/", evaluateRoutes(context));
  app.route("/", inventoryRoutes(context, statistics));
  app.route("/", changeRoutes(context));
  app.route("/", eventRoutes(context));
  app.route("/", regionRoutes(context));
  app.route("/", observationRoutes(context, statistics));
  app.route("/", openApiRoutes(app));
  app.notFound((c) => problem(404, `There is nothing at ${c.req.path}.`));
  app.onError((error, c) => answerFailure(error, c.req.raw, context.log));
  return app;
}

function throughEntrance(entrance: Entrance): MiddlewareHandler {
  return async (c, next) => {
    const { incoming } = (c.env ?? {}) as Partial<HttpBindings>;
    let isRefused = true;
    const answer = await entrance.pass(askedBy(c.req.raw, incoming), async () => {
      isRefused = false;
      await next();
      return seen(c.res);
    });
    return isRefused ? toResponse(answer) : undefined;
  };
}

/** What is noted of an answer that others have made. */
function seen({ status, headers }: Response): Answer {
  const told = ["Cache-Status", "Content-Length"].flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  return { status, headers: Object.fromEntries(told) };
}
