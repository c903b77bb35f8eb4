import { createApp } from "@zarr-cache/server";
import { expect, it } from "vitest";
import { startAside } from "./support.ts";

it("tells OpenAPI of every route, made from what validates", async () => {
  const { context } = await startAside();
  const { paths, components } = createApp(context).getOpenAPIDocument({
    openapi: "3.1.0",
    info: { title: "test", version: "1" },
  });
  const methods = Object.fromEntries(
    Object.entries(paths ?? {}).map(([path, item]) => [path, Object.keys(item ?? {}).sort()]),
  );
  expect(methods).toMatchObject({
    "/cache/api/v1.0/": ["get", "post"],
    "/api/v1/objects/{path}": ["delete", "get", "head", "put"],
    "/api/v1/functions": ["get"],
    "/api/v1/functions/{name}": ["post"],
  });
  expect(components?.schemas?.["Command"]).toMatchObject({
    properties: { command: { enum: ["create", "read", "update", "delete", "head"] } },
    additionalProperties: false,
  });
});
