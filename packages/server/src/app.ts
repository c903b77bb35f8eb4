import { OpenAPIHono } from "@hono/zod-openapi";
import type { ServerContext } from "./context.ts";
import { guard } from "./guard/guard.ts";
import { answerFailure } from "./http/failure.ts";
import { problem } from "./http/problem.ts";
import { countRequests } from "./operations/request-counts.ts";
import { traceRequests } from "./operations/tracing.ts";
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
import { VERSION } from "./version.ts";

/**
 * Makes the server's application: a function from `Request` to `Response`, for any platform that Hono runs on.
 *
 * Each group of routes is a file in `routes` with a function `(context) => Hono`; those under `/api` are made with
 * `createRoute`, from which `/openapi.json` follows.
 */
export function createApp(context: ServerContext): OpenAPIHono {
  const app = new OpenAPIHono({ strict: true });
  if (context.telemetry !== undefined) app.use(traceRequests(context.telemetry, VERSION));
  app.use(countRequests(context.requests));
  app.use(guard(context));
  app.route("/", storeRoutes(context));
  app.route("/", healthRoutes(context));
  app.route("/", cacheAsideRoutes(context));
  app.route("/", objectRoutes(context));
  app.route("/", functionRoutes(context));
  app.route("/", evaluateRoutes(context));
  app.route("/", inventoryRoutes(context));
  app.route("/", changeRoutes(context));
  app.route("/", eventRoutes(context));
  app.route("/", regionRoutes(context));
  app.route("/", observationRoutes(context));
  app.route("/", openApiRoutes(app));
  app.notFound((c) => problem(404, `There is nothing at ${c.req.path}.`));
  app.onError((error, c) => answerFailure(error, c.req.raw, context.log));
  return app;
}
