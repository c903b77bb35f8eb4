import { context, propagation, trace } from "@opentelemetry/api";
import { expect, it } from "vitest";
import { loadTelemetry, type Telemetry } from "../../src/operations/tracing.ts";
import { TaggedSource } from "../support/tagged-source.ts";
import { testServer } from "../support/test-server.ts";

/** Records spans as they end. */
function recording() {
  const spans: { name: string; attributes: Record<string, unknown>; status?: unknown; ended: boolean }[] = [];
  const telemetry: Telemetry = {
    context: context as never,
    propagation: propagation as never,
    trace: {
      setSpan: trace.setSpan as never,
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
