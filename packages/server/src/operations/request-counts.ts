import type { MiddlewareHandler } from "hono";

/** How many requests were answered, by kind of path, method and class of status; and how long they took. */
export type RequestCounts = Record<string, RequestCount>;

/** Requests of one kind. */
export interface RequestCount {
  readonly route: string;
  readonly method: string;
  readonly status: string;
  count: number;
  seconds: number;
  /** Answers that took no longer than each of {@link BUCKETS}. */
  readonly buckets: number[];
}

/** Upper bounds of a histogram, in seconds. */
export const BUCKETS = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 30] as const;

const METHODS = new Set(["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"]);

/** Counts requests; never by key, of which there may be millions. */
export function countRequests(counts: RequestCounts): MiddlewareHandler {
  return async (c, next) => {
    const startedAt = performance.now();
    await next();
    const seconds = (performance.now() - startedAt) / 1000;
    const method = METHODS.has(c.req.method) ? c.req.method : "other";
    const status = `${Math.floor(c.res.status / 100)}xx`;
    const route = routeOf(c.req.path);
    const name = `${route} ${method} ${status}`;
    let kind = counts[name];
    if (kind === undefined) {
      kind = { route, method, status, count: 0, seconds: 0, buckets: BUCKETS.map(() => 0) };
      counts[name] = kind;
    }
    kind.count++;
    kind.seconds += seconds;
    for (let i = BUCKETS.length - 1; i >= 0 && seconds <= (BUCKETS[i] as number); i--)
      kind.buckets[i] = (kind.buckets[i] as number) + 1;
  };
}

/** What kind of path it is, for labels that do not grow with the keys. */
export function routeOf(path: string): string {
  if (path.startsWith("/stores/")) return "stores";
  if (path.startsWith("/api/v1/objects/")) return "objects";
  if (path.startsWith("/api/")) return "api";
  return path.startsWith("/cache/") ? "cache-aside" : "other";
}
