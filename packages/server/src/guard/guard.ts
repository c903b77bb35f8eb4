import type { HttpBindings } from "@hono/node-server";
import type { MiddlewareHandler } from "hono";
import type { ServerContext } from "../context.ts";
import { problem } from "../http/problem.ts";
import { pathOf } from "../http/store-path.ts";
import { wrongTarget } from "./request-target.ts";
import { clientOf, TokenBuckets } from "./token-buckets.ts";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);
const PROBES = new Set(["/healthz", "/readyz"]);

/**
 * Stands before every route: refuses what no honest client sends, what pages of other sites make a browser send, and more
 * than the limits allow.
 */
export function guard(context: ServerContext): MiddlewareHandler {
  const { limits, clock, hosts } = context;
  const { ratePerSecond } = limits;
  const buckets = ratePerSecond === undefined ? undefined : new TokenBuckets(ratePerSecond, limits.burst);
  let inFlight = 0;
  return async (c, next) => {
    const { raw: request } = c.req;
    const { incoming } = (c.env ?? {}) as Partial<HttpBindings>;
    const refused = malformed(request, incoming?.url, limits.maxUrlBytes) ?? strange(request, hosts);
    if (refused !== undefined) return refused;
    if (PROBES.has(c.req.path)) return next();
    const wait = buckets?.take(clientOf(incoming?.socket.remoteAddress), clock()) ?? 0;
    if (wait > 0)
      return problem(429, "This client sends more requests than this server takes of one.", {
        "Retry-After": String(Math.ceil(wait / 1000)),
      });
    if (inFlight >= limits.maxInFlight)
      return problem(503, "This server has as many requests as it takes; try again.", { "Retry-After": "1" });
    inFlight++;
    try {
      await next();
    } finally {
      inFlight--;
    }
  };
}

function malformed(request: Request, sent: string | undefined, maxUrlBytes: number): Response | undefined {
  const target = sent ?? pathOf(request.url);
  if (target.length > maxUrlBytes) return problem(414, `URLs of up to ${maxUrlBytes} characters are taken.`);
  const wrong = wrongTarget(target);
  return wrong === undefined ? undefined : problem(400, wrong);
}

/** What a page of another site makes a browser send: under another name of this server, or to change something. */
function strange(request: Request, hosts: ReadonlySet<string> | undefined): Response | undefined {
  if (hosts !== undefined && !hosts.has(hostOf(request.url)))
    return problem(421, "This server is not known by that name; add it to `hosts` of its configuration.");
  if (SAFE.has(request.method) || request.headers.has("authorization")) return undefined;
  const site = request.headers.get("sec-fetch-site");
  return site === "cross-site" || site === "same-site"
    ? problem(403, "Pages of other sites change nothing here without a token.")
    : undefined;
}

function hostOf(url: string): string {
  const start = url.indexOf("//") + 2;
  const host = url.slice(start, url.indexOf("/", start)).toLowerCase();
  return host.replace(/:\d+$/, "");
}
