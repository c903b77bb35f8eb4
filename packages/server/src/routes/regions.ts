import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { ServerContext } from "../context.ts";
import { refusal } from "../http/authorize.ts";
import { apiApp, assertMay, fail } from "../operations/api-app.ts";
import { json, REFUSALS } from "../operations/responses.ts";
import { regionReportSchema } from "../regions/served-region.ts";

const regions = createRoute({
  method: "get",
  path: "/api/v1/regions",
  summary: "Which regions are there, and who is how far behind",
  responses: { 200: json(regionReportSchema, "As the server that is asked has heard."), ...REFUSALS },
});

/** `/api/v1/regions`, what servers of other regions fetch below it, and documents at `/api/v1/documents`. */
export function regionRoutes(context: ServerContext): OpenAPIHono {
  const app = apiApp();
  const { region } = context;
  app.openapi(regions, async (c) => {
    assertMay(context, c.req.raw, "read");
    if (region === undefined) return fail(404, "This server is in no region; configure one under `region`.");
    return c.json(await region.report(), 200, { "Cache-Control": "no-store" });
  });
  if (region === undefined) return app;
  // Members show a token of their own, which is checked behind these.
  app.all("/api/v1/regions/parts", (c) => region.parts(c.req.raw));
  const { documents, peerDocuments } = region;
  if (documents === undefined || peerDocuments === undefined) return app;
  app.all("/api/v1/regions/documents/*", (c) => peerDocuments(c.req.raw));
  app.all("/api/v1/documents/*", (c) => {
    const isRead = c.req.method === "GET" || c.req.method === "HEAD";
    return refusal(context, c.req.raw, isRead ? "read" : "write") ?? documents(c.req.raw);
  });
  describe(app);
  return app;
}

/** Tells `/openapi.json` of the documents. */
function describe(app: OpenAPIHono): void {
  const path = "/api/v1/documents/{namespace}/{key}";
  const params = z.object({ namespace: z.string(), key: z.string() });
  const stored = z.object({ key: z.string(), version: z.string() });
  const document = stored.extend({ value: z.unknown(), meta: z.record(z.string(), z.unknown()) });
  const put = z.object({ expiresIn: z.string().optional(), meta: z.string().optional() });
  const get = z.object({ minVersion: z.string().optional(), timeout: z.string().optional() });
  const body = { content: { "application/json": { schema: z.unknown() } } };
  const missing = { 404: { description: "There is no such document, or not in that version yet." } };
  app.openAPIRegistry.registerPath({
    method: "get",
    path,
    summary: "Read a document",
    request: { params, query: get },
    responses: { 200: json(document, "The document."), ...missing },
  });
  app.openAPIRegistry.registerPath({
    method: "put",
    path,
    summary: "Write a document",
    request: { params, query: put, body },
    responses: { 200: json(stored, "It is durable in this region.") },
  });
  app.openAPIRegistry.registerPath({
    method: "delete",
    path,
    summary: "Delete a document",
    request: { params },
    responses: { 200: json(stored, "It is deleted in this region, and soon in all.") },
  });
}
