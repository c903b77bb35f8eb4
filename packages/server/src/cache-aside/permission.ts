import type { ServerContext } from "../context.ts";
import { refusal } from "../http/authorize.ts";
import { problem } from "../http/problem.ts";

/**
 * The answer to a request that may not do what it wants with a store; `undefined` where it may. What changes something or
 * costs something is refused to pages of other sites, which a browser tells of (Fetch Metadata, `Sec-Fetch-Site`), since
 * a plain `GET` can do it.
 */
export function denial(
  context: Pick<ServerContext, "access">,
  request: Request,
  action: "read" | "run" | "write",
  storeId: string,
): Response | undefined {
  const site = request.headers.get("Sec-Fetch-Site");
  if (action !== "read" && site !== null && site !== "same-origin" && site !== "none")
    return problem(403, "Pages of other sites may not do this.");
  // Functions cost more than a store that anybody may read: they need a token of this server where it has any.
  if (action === "run") return refusal(context, request, "read");
  return refusal(context, request, action, storeId);
}
