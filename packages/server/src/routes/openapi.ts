import type { OpenAPIHono } from "@hono/zod-openapi";
import { Hono } from "hono";
import { VERSION } from "../version.ts";

/** `/openapi.json`: the API of an application, from the schemas that validate its requests. */
export function openApiRoutes(app: OpenAPIHono): Hono {
  const routes = new Hono();
  app.openAPIRegistry.registerComponent("securitySchemes", "token", { type: "http", scheme: "bearer" });
  let document: object | undefined;
  routes.get("/openapi.json", (c) => {
    document ??= app.getOpenAPI31Document({
      openapi: "3.1.0",
      info: {
        title: "zarr-cache",
        version: VERSION,
        description: "One cache for anything slow that reads like a Zarr store.",
        license: { name: "MIT" },
      },
      security: [{}, { token: [] }],
    });
    return c.json(document, 200, { "Cache-Control": "no-cache" });
  });
  return routes;
}
