import type { Scope } from "../access.ts";
import type { ServerContext } from "../context.ts";
import { problem } from "./problem.ts";

/** The answer to a request that may not do what it wants; `undefined` where it may (RFC 9110 §11.6.1, RFC 6750 §3). */
export function refusal(
  { access }: Pick<ServerContext, "access">,
  request: Request,
  scope: Scope,
  storeId?: string,
): Response | undefined {
  const permission = access.judge(request.headers, scope, storeId);
  if (permission === "granted") return undefined;
  if (permission === "forbidden")
    return problem(403, `This token does not have the scope "${scope}" here.`, {
      "WWW-Authenticate": `Bearer realm="zarr-cache", error="insufficient_scope", scope="${scope}"`,
    });
  return problem(401, "This needs a token: send the header Authorization: Bearer TOKEN.", {
    "WWW-Authenticate": `Bearer realm="zarr-cache", scope="${scope}"`,
  });
}
