import { OpenAPIHono, z } from "@hono/zod-openapi";
import type { Aside } from "../cache-aside/aside.ts";
import { BadRequestError, understand } from "../cache-aside/bad-request.ts";
import type { ObjectFacts } from "../cache-aside/cache-aside.ts";
import { answerAsideFailure } from "../cache-aside/failure.ts";
import { keyOfPath } from "../cache-aside/object-path.ts";
import { objectResponse } from "../cache-aside/object-response.ts";
import { denial } from "../cache-aside/permission.ts";
import type { ServerContext } from "../context.ts";
import { problem } from "../http/problem.ts";
import { readBody } from "../http/request-body.ts";
import { pathOf } from "../http/store-path.ts";
import { durationSchema } from "../unit-schemas.ts";

/** Where objects are. */
const OBJECTS = "/api/v1/objects/";

const putQuery = z.strictObject({ expires: durationSchema.optional() });
const noQuery = z.strictObject({});
type PutQuery = z.output<typeof putQuery>;
const objectPath = z.object({
  path: z
    .string()
    .openapi({ param: { name: "path", in: "path" }, description: "Path of the object, with its slashes." }),
});

/**
 * `/api/v1/objects/{path}`: the objects of a system of record as they are in the cache. `GET` reads one into it, `PUT` puts
 * another in its place, `HEAD` tells what is known of it, `DELETE` drops it; the system of record is only ever read.
 */
export function objectRoutes(context: ServerContext): OpenAPIHono {
  const app = new OpenAPIHono();
  const { aside } = context;
  if (aside === undefined) return app;
  describe(app);
  app.all(`${OBJECTS}*`, async ({ req: { raw: request } }) => {
    try {
      const action = request.method === "GET" || request.method === "HEAD" ? "read" : "write";
      return denial(context, request, action, aside.served.id) ?? (await answer(context, aside, request));
    } catch (error) {
      return answerAsideFailure(error, request, context.log);
    }
  });
  return app;
}

async function answer({ limits }: ServerContext, aside: Aside, request: Request): Promise<Response> {
  const { objects } = aside;
  const address = pathOf(request.url);
  const path = keyOfPath(decoded(address.slice(OBJECTS.length))).slice(1);
  const asked = Object.fromEntries(new URL(request.url).searchParams);
  const { expires } = understand(request.method === "PUT" ? putQuery : noQuery, asked) as PutQuery;
  switch (request.method) {
    case "GET":
      return objectResponse(aside, path, request);
    case "HEAD":
      return factsResponse(await objects.head(path));
    case "PUT": {
      const outcome = await objects.put(path, await readBody(request, limits.maxBodyBytes), expires);
      return outcome === "created"
        ? new Response(null, { status: 201, headers: { Location: address } })
        : new Response(null, { status: 204 });
    }
    case "DELETE":
      await objects.delete(path);
      return new Response(null, { status: 204 });
    default:
      return problem(405, "Use GET, HEAD, PUT or DELETE.", { Allow: "GET, HEAD, PUT, DELETE" });
  }
}

/** What is known of an object without asking for it: 404 where it is not cached. */
function factsResponse({ path, cached, bytes, type, cachedAt, expiresAt, validator }: ObjectFacts): Response {
  if (!cached) return problem(404, `"${path}" is not cached.`, { "Cache-Status": "zarr-cache; fwd=miss" });
  return new Response(null, {
    headers: {
      "Content-Length": String(bytes),
      "Content-Type": String(type),
      "Cache-Status": "zarr-cache; hit",
      ...(cachedAt !== undefined && { Date: new Date(cachedAt).toUTCString() }),
      ...(expiresAt !== undefined && { Expires: new Date(expiresAt).toUTCString() }),
      ...(validator?.startsWith('"') && { ETag: validator }),
    },
  });
}

function decoded(path: string): string {
  const segments = path.split("/").map((segment) => {
    try {
      return decodeURIComponent(segment);
    } catch {
      throw new BadRequestError("The path is not valid percent-encoded UTF-8.");
    }
  });
  if (segments.some((segment) => segment.includes("/")))
    throw new BadRequestError("A segment of the path has an encoded slash.");
  return segments.join("/");
}

/** Tells `/openapi.json` of the routes, whose paths have slashes that its templates know nothing of. */
function describe(app: OpenAPIHono): void {
  const path = `${OBJECTS}{path}`;
  const found = { 404: { description: "There is no such object." } };
  const register = app.openAPIRegistry.registerPath.bind(app.openAPIRegistry);
  const bytes = { "application/octet-stream": { schema: z.string().openapi({ format: "binary" }) } };
  register({
    method: "get",
    path,
    summary: "Read an object, through the cache",
    request: { params: objectPath },
    responses: { 200: { description: "Its bytes.", content: bytes }, ...found },
  });
  register({
    method: "head",
    path,
    summary: "What is known of a cached object",
    request: { params: objectPath },
    responses: { 200: { description: "It is cached." }, ...found },
  });
  register({
    method: "put",
    path,
    summary: "Put an object into the cache; the system of record stays as it is",
    request: { params: objectPath, query: putQuery, body: { content: bytes, required: true } },
    responses: {
      201: { description: "It was not cached before." },
      204: { description: "It replaced another." },
      413: { description: "It is too long." },
      507: { description: "The cache does not keep it." },
    },
  });
  register({
    method: "delete",
    path,
    summary: "Drop an object from the cache; the system of record stays as it is",
    request: { params: objectPath },
    responses: { 204: { description: "It is not cached." } },
  });
}
