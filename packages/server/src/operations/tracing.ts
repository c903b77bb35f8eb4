import type { Answer } from "../http/answer.ts";
import type { Asked } from "../http/asked.ts";
import { routeOf } from "./request-counts.ts";

/** A span of a request, as `@opentelemetry/api` has it. */
interface Span {
  setAttribute(name: string, value: string | number): unknown;
  setStatus(status: { readonly code: number }): unknown;
  end(): void;
  spanContext?(): { readonly traceId: string };
}

/** Where what the client tells of its own span stands. */
type Carrier = Asked["headers"];

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
  readonly context: { active(): unknown; with<T>(context: unknown, run: () => T): T };
  readonly propagation: {
    extract(
      context: unknown,
      carrier: Carrier,
      getter: { get(carrier: Carrier, name: string): string | undefined; keys(carrier: Carrier): string[] },
    ): unknown;
  };
}

/** SpanKind.SERVER and SpanStatusCode.ERROR of `@opentelemetry/api`, which need not be there. */
const SERVER = 1;
const ERROR = 2;

/** OpenTelemetry, where its API is installed; without an SDK that is registered with it, it does nothing. */
export async function loadTelemetry(): Promise<Telemetry | undefined> {
  try {
    return await import("@opentelemetry/api");
  } catch {
    return undefined;
  }
}

/** Whether anybody hears of spans: an SDK is registered. The API alone makes spans of no trace. */
export function isHeard({ trace, context }: Telemetry): boolean {
  const span = trace
    .getTracer("@zarr-cache/server", "")
    .startSpan("start", { kind: SERVER, attributes: {} }, context.active());
  return !/^0*$/.test(span.spanContext?.().traceId ?? "");
}

/** One request that is traced. */
export interface TracedRequest {
  /** Does something as a part of the request. */
  within<T>(run: () => T): T;
  /** It was answered, or failed. */
  end(answer?: Pick<Answer, "status" | "headers">): void;
}

/** Headers that tell of a client's span: W3C Trace Context, Baggage, B3. */
const TELLING = ["traceparent", "tracestate", "baggage", "b3", "x-b3-traceid", "x-b3-spanid", "x-b3-sampled"];
const GETTER = {
  get: (carrier: Carrier, name: string) => carrier.get(name) ?? undefined,
  keys: (carrier: Carrier) => TELLING.filter((name) => carrier.get(name) !== null),
};

/** A span for each request, below the one that its client tells of; named by kind of path, as HTTP conventions say. */
export class RequestTracer {
  readonly #telemetry: Telemetry;
  readonly #tracer: ReturnType<Telemetry["trace"]["getTracer"]>;

  constructor(telemetry: Telemetry, version: string) {
    this.#telemetry = telemetry;
    this.#tracer = telemetry.trace.getTracer("@zarr-cache/server", version);
  }

  begin({ method, path, headers }: Asked): TracedRequest {
    const { trace, context, propagation } = this.#telemetry;
    const above = propagation.extract(context.active(), headers, GETTER);
    const route = routeOf(path);
    const attributes = { "http.request.method": method, "http.route": route, "url.path": path };
    const span = this.#tracer.startSpan(`${method} ${route}`, { kind: SERVER, attributes }, above);
    return {
      within: (run) => context.with(trace.setSpan(above, span), run),
      end(answer) {
        if (answer !== undefined) tellAnswer(span, answer);
        span.end();
      },
    };
  }
}

function tellAnswer(span: Span, { status, headers }: Pick<Answer, "status" | "headers">): void {
  span.setAttribute("http.response.status_code", status);
  const told = headers["Cache-Status"];
  if (told !== undefined) span.setAttribute("zarr_cache.status", told);
  if (status >= 500) span.setStatus({ code: ERROR });
}
