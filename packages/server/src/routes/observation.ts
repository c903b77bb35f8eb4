import { Hono } from "hono";
import type { ServerContext } from "../context.ts";
import { refusal } from "../http/authorize.ts";
import { withHeaders } from "../http/with-headers.ts";
import { serverMetrics } from "../operations/metrics.ts";
import type { ServerStatistics } from "../operations/process-statistics.ts";
import { formatMetrics } from "../operations/prometheus.ts";
import { STATUS_PAGE_POLICY, statusPage } from "../operations/status-page.ts";
import { regionMetrics } from "../regions/region-metrics.ts";
import { VERSION } from "../version.ts";

/** `/metrics` for Prometheus and `/` for people. */
export function observationRoutes(context: ServerContext, statistics: Pick<ServerStatistics, "all">): Hono {
  const app = new Hono();
  app.get("/metrics", async (c) => {
    const refused = refusal(context, c.req.raw, "read");
    if (refused !== undefined) return refused;
    const processes = statistics.all();
    const text = formatMetrics([
      ...serverMetrics(processes, await context.cache.usage()),
      ...regionMetrics(processes, await context.region?.report()),
    ]);
    return c.text(text, 200, {
      "Content-Type": "text/plain; version=0.0.4; charset=utf-8",
      "Cache-Control": "no-store",
    });
  });
  app.get("/", async (c) => {
    const refused = refusal(context, c.req.raw, "read");
    // A browser asks its user for a password, which the token is taken for.
    if (refused !== undefined)
      return withHeaders(refused, { "WWW-Authenticate": 'Basic realm="zarr-cache"' });
    const stores = await Promise.all(
      [...context.stores.values()].map(async ({ id, store }) => {
        const { entries, bytes } = await context.cache.usage(store.storeId);
        return { id, source: store.identity, entries, bytes };
      }),
    );
    return c.html(statusPage(VERSION, stores, await context.cache.usage(), statistics.all()), 200, {
      "Content-Security-Policy": STATUS_PAGE_POLICY,
      "Cache-Control": "no-store",
      "Referrer-Policy": "no-referrer",
      "X-Content-Type-Options": "nosniff",
      "X-Frame-Options": "DENY",
    });
  });
  return app;
}
