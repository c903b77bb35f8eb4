import type { MiddlewareHandler } from "hono";
import { routeOf } from "./request-counts.ts";

/** A span of a request, as `@opentelemetry/api` has it. */
interface Span {
  setAttribute(name: string, value: string | number): unknown;
  setStatus(status: { readonly code: number }): unknown;
  end(): void;
}

/** What of `@opentelemetry/api` is used; it need not be installed, so that its types are not named. */
export interface Telemetry {
  readonly trace: {
    getTracer(
      name: string,
      version: string,
    ): {
      startSpan(
        name: string,
        options: { kind: number; attributes: Record<string, unknown> },
        context: unknown,
      ): Span;
    };
    setSpan(context: unknown, span: Span): unknown;
  };
  readonly context: { active(): unknown; with(context: unknown, run: () => Promise<void>): Promise<void> };
  readonly propagation: {
    extract(
      context: unknown,
      carrier: Headers,
      getter: { get(carrier: Headers, name: string): string | undefined; keys(carrier: Headers): string[] },
    ): unknown;
  };
}

/** SpanKind.SERVER and SpanStatusCode.ERROR of `@opentelemetry/api`, which need not be there. */
const SERVER = 1;
const ERROR = 2;

/** OpenTelemetry, where its API is installed; without an SDK that is registered with it, it does nothing. */
export async function loadTelemetry(): Promise<Telemetry | undefined> {
  try {
    return (await import("@opentelemetry/api")) as unknown as Telemetry;
  } catch {
    return undefined;
  }
}

/** A span for each request, below the one that its client tells of; named by kind of path, as HTTP conventions say. */
export function traceRequests(
  { trace, context, propagation }: Telemetry,
  version: string,
): MiddlewareHandler {
  const tracer = trace.getTracer("@zarr-cache/server", version);
  return async (c, next) => {
    const { headers } = c.req.raw;
    const above = propagation.extract(context.active(), headers, {
      get: (carrier, name) => carrier.get(name) ?? undefined,
      keys: (carrier) => [...carrier.keys()],
    });
    const route = routeOf(c.req.path);
    const { method } = c.req;
    const attributes = { "http.request.method": method, "http.route": route, "url.path": c.req.path };
    const span = tracer.startSpan(`${method} ${route}`, { kind: SERVER, attributes }, above);
    try {
      await context.with(trace.setSpan(above, span), next);
      const { status } = c.res;
      span.setAttribute("http.response.status_code", status);
      const told = c.res.headers.get("cache-status");
      if (told !== null) span.setAttribute("zarr_cache.status", told);
      if (status >= 500) span.setStatus({ code: ERROR });
    } finally {
      span.end();
    }
  };
}
