import { Hono } from "hono";
import type { ServerContext } from "../context.ts";

/** `/healthz`: the process runs. `/readyz`: it can be sent requests, or 503 while it is being shut down. */
export function healthRoutes({ isDraining }: ServerContext): Hono {
  const app = new Hono();
  app.get("/healthz", (c) => c.json({ status: "ok" }));
  app.get("/readyz", (c) => (isDraining() ? c.json({ status: "ending" }, 503) : c.json({ status: "ready" })));
  return app;
}
