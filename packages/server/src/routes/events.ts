import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { StorageEvents } from "zarr-cache";
import type { ServerContext } from "../context.ts";
import { eventStream } from "../http/event-stream.ts";
import { apiApp, assertMay } from "../operations/api-app.ts";
import { REFUSALS } from "../operations/responses.ts";

/** What is told of, whichever process of the server it happens in. */
const EVENTS = [
  "invalidate",
  "evict",
  "corrupt",
  "fault",
  "breaker",
  "warning",
] as const satisfies (keyof StorageEvents)[];

const events = createRoute({
  method: "get",
  path: "/api/v1/events",
  summary: "What happens inside the cache, as it happens",
  request: {
    query: z.object({
      only: z
        .string()
        .optional()
        .openapi({
          description: `Names with commas between, of ${EVENTS.join(", ")}.`,
          example: "evict,fault",
        }),
    }),
  },
  responses: {
    200: {
      description: "Events so named, with what happened and in which process.",
      content: { "text/event-stream": { schema: z.object({ process: z.number() }) } },
    },
    ...REFUSALS,
  },
});

/** `/api/v1/events`. */
export function eventRoutes(context: ServerContext): OpenAPIHono {
  const app = apiApp();
  const { bulletin, cache } = context;
  const listeners = new Set<(name: string, data: object) => void>();
  const tell = (name: string, data: object) => {
    for (const listener of listeners) listener(name, data);
  };
  for (const name of EVENTS)
    context.onClose(
      cache.on(name, (detail) => {
        const data = { process: bulletin.self, ...plain(detail) };
        tell(name, data);
        bulletin.post("event", { name, data });
      }),
    );
  context.onClose(
    bulletin.on("event", (posted) => {
      const { name, data } = posted as { name: string; data: object };
      tell(name, data);
    }),
  );
  app.openapi(events, (c) => {
    assertMay(context, c.req.raw, "read");
    const only = c.req.valid("query").only?.split(",");
    return eventStream(context.closing, (send) => {
      const listener = (event: string, data: object) => {
        if (only === undefined || only.includes(event)) send({ event, data });
      };
      listeners.add(listener);
      return () => void listeners.delete(listener);
    });
  });
  return app;
}

/** An event as JSON can tell it: of an error its message. */
function plain(detail: object): object {
  return Object.fromEntries(
    Object.entries(detail).map(([name, value]) => [name, value instanceof Error ? value.message : value]),
  );
}
