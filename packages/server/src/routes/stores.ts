import { Hono } from "hono";
import type { ServedStore, ServerContext } from "../context.ts";
import { answerWith, toResponse } from "../http/answer.ts";
import { askedBy } from "../http/asked.ts";
import { refusal } from "../http/authorize.ts";
import { optionsAnswer } from "../http/cors.ts";
import { answerFailure } from "../http/failure.ts";
import { problem } from "../http/problem.ts";
import { parseStorePath, type StorePath } from "../http/store-path.ts";
import { withHeaders } from "../http/with-headers.ts";
import { deleteValue, putValue } from "../stores/change-value.ts";
import { listDirectory } from "../stores/list-directory.ts";
import type { Serving } from "../stores/serve-value.ts";
import { noStore, type StoreReads } from "../stores/store-reads.ts";

/** `/stores/{id}/{key}`: the stores, as Zarr clients read them over HTTP. */
export function storeRoutes(context: ServerContext, reads: StoreReads): Hono {
  const app = new Hono();
  app.all("/stores/*", async (c) => {
    const { raw: request } = c.req;
    const asked = askedBy(request);
    const headers = reads.cors(request.headers.get("origin"));
    const path = parseStorePath(asked.path);
    if (path.kind === "invalid") return problem(400, path.reason, headers);
    const methods = methodsOf(context.stores.get(path.id), path);
    if (request.method === "OPTIONS") return optionsAnswer(headers, methods);
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (isRead && path.kind === "key") return toResponse(await reads.answer(asked, path));
    const refused = refusal(context, request, isRead ? "read" : "write", path.id);
    if (refused !== undefined) return withHeaders(refused, headers);
    const serving = reads.serving(path.id, headers);
    if (serving === undefined) return toResponse(answerWith(noStore(path.id), headers));
    if (!methods.split(", ").includes(request.method))
      return problem(405, `Here one can ${methods}.`, { ...headers, Allow: methods });
    try {
      return await answer(serving, path, request, context);
    } catch (error) {
      return withHeaders(answerFailure(error, request, context.log), headers);
    }
  });
  return app;
}

/** Answers what is not a read of a key: listings and writes. */
function answer(
  serving: Serving,
  path: Exclude<StorePath, { kind: "invalid" }>,
  request: Request,
  { limits }: ServerContext,
): Promise<Response> {
  if (path.kind === "directory") return listDirectory(serving, path.path, request);
  return request.method === "PUT"
    ? putValue(serving, path.key, request, limits.maxBodyBytes)
    : deleteValue(serving, path.key, request);
}

function methodsOf(served: ServedStore | undefined, { kind }: StorePath): string {
  return served?.writable && kind === "key" ? "GET, HEAD, OPTIONS, PUT, DELETE" : "GET, HEAD, OPTIONS";
}
