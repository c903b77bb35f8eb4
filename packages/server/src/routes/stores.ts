import { Hono } from "hono";
import type { ServedStore, ServerContext } from "../context.ts";
import { refusal } from "../http/authorize.ts";
import { corsHeaders, optionsAnswer } from "../http/cors.ts";
import { answerFailure } from "../http/failure.ts";
import { problem } from "../http/problem.ts";
import { parseStorePath, pathOf, type StorePath } from "../http/store-path.ts";
import { withHeaders } from "../http/with-headers.ts";
import { deleteValue, putValue } from "../stores/change-value.ts";
import { KnownSizes } from "../stores/known-sizes.ts";
import { listDirectory } from "../stores/list-directory.ts";
import { getValue, headValue, type Serving } from "../stores/serve-value.ts";

/** `/stores/{id}/{key}`: the stores, as Zarr clients read them over HTTP. */
export function storeRoutes(context: ServerContext): Hono {
  const app = new Hono();
  const sizes = new Map(
    [...context.stores].map(([id, { store, source }]) => [id, new KnownSizes(store, source)]),
  );
  app.all("/stores/*", async (c) => {
    const { raw: request } = c.req;
    const origin = request.headers.get("origin");
    const headers = corsHeaders(context.cors, origin);
    const path = parseStorePath(pathOf(request.url));
    if (path.kind === "invalid") return problem(400, path.reason, headers);
    const served = context.stores.get(path.id);
    const methods = methodsOf(served, path);
    if (request.method === "OPTIONS") return optionsAnswer(context.cors, origin, methods);
    const isRead = request.method === "GET" || request.method === "HEAD";
    const refused = refusal(context, request, isRead ? "read" : "write", path.id);
    if (refused !== undefined) return withHeaders(refused, headers);
    if (served === undefined) return problem(404, `There is no store "${path.id}".`, headers);
    if (!methods.split(", ").includes(request.method))
      return problem(405, `Here one can ${methods}.`, { ...headers, Allow: methods });
    try {
      return await answer(
        { served, sizes: sizes.get(path.id) as KnownSizes, headers },
        path,
        request,
        context,
      );
    } catch (error) {
      return withHeaders(answerFailure(error, request, context.log), headers);
    }
  });
  return app;
}

function answer(
  serving: Serving,
  path: Exclude<StorePath, { kind: "invalid" }>,
  request: Request,
  { limits }: ServerContext,
): Promise<Response> {
  if (path.kind === "directory") return listDirectory(serving, path.path, request);
  switch (request.method) {
    case "GET":
      return getValue(serving, path.key, request);
    case "HEAD":
      return headValue(serving, path.key, request);
    case "PUT":
      return putValue(serving, path.key, request, limits.maxBodyBytes);
    default:
      return deleteValue(serving, path.key, request);
  }
}

function methodsOf(served: ServedStore | undefined, { kind }: StorePath): string {
  return served?.writable && kind === "key" ? "GET, HEAD, OPTIONS, PUT, DELETE" : "GET, HEAD, OPTIONS";
}
