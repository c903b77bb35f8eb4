import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type SpanContext,
  type TracerProvider,
  trace,
} from "@opentelemetry/api";
import { expect, it, onTestFinished } from "vitest";
import { isHeard, loadTelemetry, type Telemetry } from "../../src/operations/tracing.ts";
import { TaggedSource } from "../support/tagged-source.ts";
import { testServer } from "../support/test-server.ts";

/** Records spans as they end. */
function recording() {
  const spans: { name: string; attributes: Record<string, unknown>; status?: unknown; ended: boolean }[] = [];
  const telemetry: Telemetry = {
    context,
    propagation,
    trace: {
      setSpan: trace.setSpan,
      getTracer: () => ({
        startSpan(name: string, options: { attributes: Record<string, unknown> }) {
          const span = {
            name,
            attributes: { ...options.attributes },
            ended: false,
            status: undefined as unknown,
          };
          spans.push(span);
          return {
            setAttribute: (key: string, value: unknown) => {
              span.attributes[key] = value;
            },
            setStatus: (status: unknown) => {
              span.status = status;
            },
            end: () => {
              span.ended = true;
            },
          };
        },
      }),
    },
  };
  return { spans, telemetry };
}

it("makes a span of each request, named by kind and not by key", async () => {
  const { spans, telemetry } = recording();
  const source = new TaggedSource().put("/c/0", "x");
  const { ask } = testServer(source, { telemetry });
  await ask("/c/0");
  source.failWith("away", 503);
  await ask("/c/1");
  expect(spans).toMatchObject([
    {
      name: "GET stores",
      ended: true,
      attributes: {
        "http.request.method": "GET",
        "http.route": "stores",
        "http.response.status_code": 200,
        "zarr_cache.status": "zarr-cache; fwd=miss; stored",
      },
    },
    {
      name: "GET stores",
      ended: true,
      status: { code: 2 },
      attributes: { "http.response.status_code": 502 },
    },
  ]);
});

it("finds the API of OpenTelemetry where it is installed", async () => {
  expect((await loadTelemetry())?.trace.getTracer).toBeTypeOf("function");
});

/** A context as an SDK has it; the API's own is only that of a process without one. */
const provider = (traceId: string): TracerProvider => ({
  getTracer: () => ({
    startSpan: () => trace.wrapSpanContext({ traceId, spanId: "1".repeat(16), traceFlags: 1 }),
    startActiveSpan: () => {},
  }),
});

it("makes spans only where an SDK is registered, which hears them", async () => {
  const telemetry = (await loadTelemetry()) as Telemetry;
  expect(isHeard(telemetry), "the API alone").toBe(false);
  trace.setGlobalTracerProvider(provider("a".repeat(32)));
  onTestFinished(() => trace.disable());
  expect(isHeard(telemetry)).toBe(true);
});

it("makes the span of a request below the one that its client tells of, and what is read below that", async () => {
  const above: (SpanContext | undefined)[] = [];
  const during: (SpanContext | undefined)[] = [];
  const own = { traceId: "b".repeat(32), spanId: "2".repeat(16), traceFlags: 1 };
  trace.setGlobalTracerProvider({
    getTracer: () => ({
      startSpan(_, __, parent) {
        above.push(parent && trace.getSpanContext(parent));
        return trace.wrapSpanContext(own);
      },
      startActiveSpan: () => {},
    }),
  });
  propagation.setGlobalPropagator({
    inject() {},
    fields: () => ["traceparent"],
    extract(parent, carrier, { get }) {
      const told = String(get(carrier, "traceparent") ?? "").split("-");
      if (told.length !== 4) return parent;
      return trace.setSpanContext(parent, { traceId: told[1] ?? "", spanId: told[2] ?? "", traceFlags: 1 });
    },
  });
  const local = new AsyncLocalStorage<Context>();
  context.setGlobalContextManager({
    active: () => local.getStore() ?? ROOT_CONTEXT,
    with: (inner, run, _, ...args) => local.run(inner, () => run(...args)),
    bind: (_, target) => target,
    enable() {
      return this;
    },
    disable() {
      return this;
    },
  });
  onTestFinished(() => {
    trace.disable();
    propagation.disable();
    context.disable();
  });
  const source = {
    get() {
      during.push(trace.getSpanContext(context.active()));
      return Uint8Array.of(1);
    },
  };
  const { ask } = testServer(source, { telemetry: await loadTelemetry() });
  const traceparent = `00-${"c".repeat(32)}-${"3".repeat(16)}-01`;
  await ask("/c/0", { headers: { traceparent } });
  await ask("/c/1");
  expect(above).toEqual([{ traceId: "c".repeat(32), spanId: "3".repeat(16), traceFlags: 1 }, undefined]);
  expect(during[0]).toEqual(own);
});
