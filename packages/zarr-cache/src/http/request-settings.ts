import { type ByteSize, parseBytes } from "../byte-size.ts";
import type { Clock, Timers } from "../clock.ts";
import { systemTimers } from "../clock.ts";
import { type Duration, parseDuration } from "../duration.ts";
import { InvalidOptionError } from "../errors.ts";
import { assertFlags, assertFunction, assertKnownOptions, assertMethods, parseCount } from "../options.ts";
import { type TimeSlices, timeSlices } from "../time-slices.ts";
import { withoutValues } from "../without-values.ts";
import type { RedirectPolicy } from "./redirects.ts";

/** How long a server may take. */
export interface HttpTimeouts {
  /** From the request to the head of the answer, connecting included. Default `"30s"`. */
  readonly firstByte?: Duration;
  /** Between two pieces of a body. Default `"30s"`. */
  readonly stall?: Duration;
  /** For a read in all: waiting for its turn, every attempt, and the pauses between them. Default: no bound. */
  readonly total?: Duration;
}

/** When a failed request is tried again: after 429, most 5xx, broken connections, timeouts and short bodies. */
export interface HttpRetries {
  /** Requests for one read, the first included. Default 4. */
  readonly attempts?: number;
  /** Retries that all reads of this source may have lost at once before they fail at their first failure. Default 64. */
  readonly budget?: number;
  /** The first pause is up to this long, and the bound doubles each time. Default `"100 ms"`. */
  readonly firstDelay?: Duration;
  /** No pause is longer; a server that asks for a longer one (`Retry-After`) is not asked again. Default `"20s"`. */
  readonly longestDelay?: Duration;
}

/** Options of `HttpSource`. */
export interface HttpSourceOptions {
  /** Sends requests. Default: the platform's. */
  readonly fetch?: (request: Request) => Promise<Response>;
  /** Sent with every request to the source's own server, and to no other. */
  readonly headers?: Readonly<Record<string, string>> | Headers;
  /** Signs a request, each attempt anew; not asked for requests to other servers. */
  readonly sign?: (request: Request) => Request | Promise<Request>;
  /** Names the data, and binds the store id. Default: the URL without secrets. */
  readonly identity?: string;
  /** Parameters of the URL's query that are secret, besides the usual names; they are no part of identity and messages. */
  readonly secretParameters?: readonly string[];
  /** Statuses that mean that a key has no value. Default `[404, 410]`; some buckets answer 403. */
  readonly missing?: readonly number[];
  /** Default `"same-origin"`. */
  readonly redirects?: RedirectPolicy;
  readonly timeouts?: HttpTimeouts;
  readonly retries?: HttpRetries;
  /** Most requests under way to the server, by all sources of this process. Default 32. */
  readonly concurrency?: number;
  /** Longest answer that is accepted. Default `"1 GiB"`. */
  readonly maxBytes?: ByteSize;
  /** Whether many people read what is cached: `s-maxage` then counts, and what is `private` is not to be kept. Default no. */
  readonly shared?: boolean;
  /** Tells the time; ages are counted on it. Default `Date.now`. */
  readonly clock?: Clock;
  readonly timers?: Timers;
  /** Numbers from 0 to below 1, for the pauses. Default `Math.random`. */
  readonly random?: () => number;
}

/** The options, checked and complete. */
export interface RequestSettings {
  readonly fetch: (request: Request) => Promise<Response>;
  readonly headers: Readonly<Record<string, string>>;
  readonly sign: ((request: Request) => Request | Promise<Request>) | undefined;
  readonly missing: readonly number[];
  readonly redirects: RedirectPolicy;
  readonly timeouts: { readonly firstByte: number; readonly stall: number; readonly total: number };
  readonly retries: {
    readonly attempts: number;
    readonly budget: number;
    readonly firstDelay: number;
    readonly longestDelay: number;
  };
  readonly concurrency: number;
  readonly maxBytes: number;
  readonly shared: boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: () => number;
  /** In which requests are begun, and their answers read. */
  readonly slices: Pick<TimeSlices, "take">;
}

const OPTIONS = [
  "fetch",
  "headers",
  "sign",
  "identity",
  "secretParameters",
  "missing",
  "redirects",
  "timeouts",
  "retries",
  "concurrency",
  "maxBytes",
  "shared",
  "clock",
  "timers",
  "random",
] as const satisfies (keyof HttpSourceOptions)[];

/** Checks the options and fills in the defaults. */
export function requestSettings(options: HttpSourceOptions): RequestSettings {
  assertKnownOptions("HttpSource", withoutValues(options), OPTIONS);
  const {
    timeouts = {},
    retries = {},
    headers = {},
    redirects = "same-origin",
    missing = [404, 410],
    shared = false,
  } = options;
  assertKnownOptions("timeouts", timeouts, ["firstByte", "stall", "total"]);
  assertKnownOptions("retries", retries, ["attempts", "budget", "firstDelay", "longestDelay"]);
  for (const name of ["fetch", "sign", "clock", "random"] as const)
    if (options[name] !== undefined) assertFunction(name, options[name], "a function");
  if (options.timers !== undefined) assertMethods("timers", options.timers, ["set", "clear"]);
  assertFlags({ shared });
  if (!["same-origin", "follow", "error"].includes(redirects))
    throw new InvalidOptionError("redirects", redirects, '"same-origin", "follow" or "error"');
  if (
    !Array.isArray(missing) ||
    missing.some((status) => !(Number.isInteger(status) && status >= 400 && status < 500))
  )
    throw new InvalidOptionError("missing", missing, "statuses from 400 to 499, such as [404, 410, 403]");
  return {
    fetch: options.fetch ?? ((request) => fetch(request)),
    headers: parseHeaders(headers),
    sign: options.sign,
    missing,
    redirects,
    timeouts: {
      firstByte: parseDuration("timeouts.firstByte", timeouts.firstByte ?? "30s"),
      stall: parseDuration("timeouts.stall", timeouts.stall ?? "30s"),
      total: parseDuration("timeouts.total", timeouts.total ?? Number.POSITIVE_INFINITY),
    },
    retries: {
      attempts: parseCount("retries.attempts", retries.attempts ?? 4, 1),
      budget: parseCount("retries.budget", retries.budget ?? 64),
      firstDelay: parseDuration("retries.firstDelay", retries.firstDelay ?? "100 ms"),
      longestDelay: parseDuration("retries.longestDelay", retries.longestDelay ?? "20s"),
    },
    concurrency: parseCount("concurrency", options.concurrency ?? 32, 1),
    maxBytes: parseBytes("maxBytes", options.maxBytes ?? "1 GiB"),
    shared,
    clock: options.clock ?? Date.now,
    timers: options.timers ?? systemTimers,
    random: options.random ?? Math.random,
    slices: timeSlices,
  };
}

/** What the reads themselves say; a header that contradicts them would make data of anything. */
const OWN_HEADERS = [
  "range",
  "if-match",
  "if-none-match",
  "if-modified-since",
  "if-unmodified-since",
  "if-range",
];

/** The headers by name, in whatever form they were given. */
function parseHeaders(given: NonNullable<HttpSourceOptions["headers"]>): Readonly<Record<string, string>> {
  const allowed = `header names with texts, but for ${OWN_HEADERS.join(", ")}`;
  if (typeof given !== "object" || given === null) throw new InvalidOptionError("headers", given, allowed);
  let headers: Record<string, string>;
  try {
    headers = Object.fromEntries(new Headers(given));
  } catch (error) {
    // The values may be secret.
    throw new InvalidOptionError("headers", Object.keys(given), allowed, { cause: error });
  }
  for (const name of OWN_HEADERS)
    if (name in headers) throw new InvalidOptionError(`headers.${name}`, headers[name], allowed);
  return headers;
}
