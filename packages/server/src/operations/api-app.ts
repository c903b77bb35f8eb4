import { OpenAPIHono } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Scope } from "../access.ts";
import type { ServedStore, ServerContext } from "../context.ts";
import { refusal } from "../http/authorize.ts";
import { problem } from "../http/problem.ts";

/** An application of the operations API: what does not fit its schemas is a problem that says where. */
export function apiApp(): OpenAPIHono {
  return new OpenAPIHono({
    defaultHook: (result) => {
      if (result.success) return undefined;
      const errors = result.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
      return problem(400, "The request is not as it should be.", {}, { errors });
    },
  });
}

/** Ends a request with a problem. */
export function fail(status: ContentfulStatusCode, detail: string): never {
  throw new HTTPException(status, { res: problem(status, detail) });
}

/** Ends a request that may not do what it wants, on a store or on the server as a whole. */
export function assertMay(context: ServerContext, request: Request, scope: Scope, storeId?: string): void {
  const res = refusal(context, request, scope, storeId);
  if (res !== undefined) throw new HTTPException(res.status as ContentfulStatusCode, { res });
}

/** The store that a request means and may do that with. */
export function storeFor(context: ServerContext, request: Request, scope: Scope, id: string): ServedStore {
  assertMay(context, request, scope, id);
  return context.stores.get(id) ?? fail(404, `There is no store "${id}".`);
}
