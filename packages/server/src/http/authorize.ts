import type { Scope } from "../access.ts";
import type { ServerContext } from "../context.ts";
import { type Answer, toResponse } from "./answer.ts";
import { problemAnswer } from "./problem.ts";

/** The answer to a request that may not do what it wants; `undefined` where it may (RFC 9110 §11.6.1, RFC 6750 §3). */
export function refusalAnswer(
  { access }: Pick<ServerContext, "access">,
  { headers }: { readonly headers: Pick<Headers, "get"> },
  scope: Scope,
  storeId?: string,
): Answer | undefined {
  const permission = access.judge(headers, scope, storeId);
  if (permission === "granted") return undefined;
  if (permission === "forbidden")
    return problemAnswer(403, `This token does not have the scope "${scope}" here.`, {
      "WWW-Authenticate": `Bearer realm="zarr-cache", error="insufficient_scope", scope="${scope}"`,
    });
  return problemAnswer(401, "This needs a token: send the header Authorization: Bearer TOKEN.", {
    "WWW-Authenticate": `Bearer realm="zarr-cache", scope="${scope}"`,
  });
}

/** {@link refusalAnswer} as a `Response`. */
export function refusal(...asked: Parameters<typeof refusalAnswer>): Response | undefined {
  const answer = refusalAnswer(...asked);
  return answer && toResponse(answer);
}
