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
const CLASSES = ["0xx", "1xx", "2xx", "3xx", "4xx", "5xx"] as const;

/** Counts requests; never by key, of which there may be millions. */
export class RequestCounter {
  readonly #counts: RequestCounts;
  /** What was counted last, which mostly comes again. */
  #last: RequestCount | undefined;

  constructor(counts: RequestCounts) {
    this.#counts = counts;
  }

  count(path: string, sentMethod: string, sentStatus: number, seconds: number): void {
    const route = routeOf(path);
    const method = METHODS.has(sentMethod) ? sentMethod : "other";
    const status = CLASSES[Math.floor(sentStatus / 100)] ?? "other";
    let kind = this.#last;
    if (kind?.route !== route || kind.method !== method || kind.status !== status) {
      kind = this.#kind(route, method, status);
      this.#last = kind;
    }
    kind.count++;
    kind.seconds += seconds;
    for (let i = BUCKETS.length - 1; i >= 0 && seconds <= (BUCKETS[i] as number); i--)
      kind.buckets[i] = (kind.buckets[i] as number) + 1;
  }

  #kind(route: string, method: string, status: string): RequestCount {
    const name = `${route} ${method} ${status}`;
    const known = this.#counts[name];
    if (known !== undefined) return known;
    const kind = { route, method, status, count: 0, seconds: 0, buckets: BUCKETS.map(() => 0) };
    this.#counts[name] = kind;
    return kind;
  }
}

/** What kind of path it is, for labels that do not grow with the keys. */
export function routeOf(path: string): string {
  if (path.startsWith("/stores/")) return "stores";
  if (path.startsWith("/api/v1/objects/")) return "objects";
  if (path.startsWith("/api/")) return "api";
  return path.startsWith("/cache/") ? "cache-aside" : "other";
}
