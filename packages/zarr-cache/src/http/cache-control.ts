import type { SourceFreshness } from "../store/source-answer.ts";
import { parseHttpDate } from "./http-date.ts";

const DIRECTIVE = /([!#$%&'*+.^_`|~\w-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;"]*)))?/g;

/** The largest number of seconds there is (RFC 9111 §1.2.2). */
const MOST_SECONDS = 2 ** 31;

/** Reads `Cache-Control` (RFC 9111 §5.2): names in lower case; of a directive that is repeated, the first (§4.2.1). */
export function parseCacheControl(header: string | null): ReadonlyMap<string, string> {
  const directives = new Map<string, string>();
  for (const [, name = "", quoted, plain] of (header ?? "").matchAll(DIRECTIVE)) {
    const known = name.toLowerCase();
    if (!directives.has(known)) directives.set(known, quoted?.replace(/\\(.)/g, "$1") ?? plain ?? "");
  }
  return directives;
}

/** When an answer was asked for and when its head came, on our clock. */
export interface AnswerTimes {
  readonly sentAt: number;
  readonly receivedAt: number;
}

/**
 * How long an answer may be kept, by RFC 9111 §4.2, RFC 5861 and RFC 8246. For a cache that is `shared` between users
 * `s-maxage` counts, and what is `private` must not be kept.
 */
export function freshnessOf(headers: Headers, times: AnswerTimes, shared: boolean): SourceFreshness {
  const directives = parseCacheControl(headers.get("cache-control"));
  const has = (name: string) => directives.has(name);
  const seconds = (name: string) => (has(name) ? deltaSeconds(directives.get(name)) * 1000 : undefined);
  const age = ageOf(headers, times);
  const freshFor = has("no-cache")
    ? 0
    : ((shared ? seconds("s-maxage") : undefined) ?? seconds("max-age") ?? untilExpires(headers, times));
  const whileRevalidate = seconds("stale-while-revalidate");
  const ifError = seconds("stale-if-error");
  return {
    age,
    ...(freshFor !== undefined && { freshFor }),
    ...(whileRevalidate !== undefined && { staleWhileRevalidate: whileRevalidate }),
    ...(ifError !== undefined && { staleIfError: ifError }),
    ...((has("must-revalidate") ||
      has("no-cache") ||
      (shared && (has("proxy-revalidate") || has("s-maxage")))) && {
      mustRevalidate: true,
    }),
    ...((has("no-store") || (shared && has("private"))) && { noStore: true }),
    ...(has("private") && !shared && { private: true }),
    // RFC 8246 §2 speaks of the time in which it is fresh.
    ...(has("immutable") && freshFor !== 0 && { immutable: true }),
  };
}

/** RFC 9111 §4.2.3, less the time that the answer took, which whoever counts from the request counts already. */
function ageOf(headers: Headers, { sentAt, receivedAt }: AnswerTimes): number {
  const [first = ""] = (headers.get("age") ?? "").split(",");
  const told = /^\s*\d+\s*$/.test(first) ? deltaSeconds(first.trim()) * 1000 : 0;
  const date = parseHttpDate(headers.get("date"), receivedAt);
  // Dates have whole seconds, so an answer that was made this second seems to be up to a second old.
  const apparent = date === undefined ? 0 : sentAt - (date + 999);
  return Math.max(0, told, apparent);
}

/** RFC 9111 §5.3: a date that is no date, such as `0`, is in the past. */
function untilExpires(headers: Headers, { receivedAt }: AnswerTimes): number | undefined {
  const expires = headers.get("expires");
  if (expires === null) return undefined;
  const until = parseHttpDate(expires, receivedAt);
  if (until === undefined) return 0;
  return Math.max(0, until - (parseHttpDate(headers.get("date"), receivedAt) ?? receivedAt));
}

/** RFC 9111 §1.2.2; what is not a number of seconds makes the answer stale (§4.2.1). */
function deltaSeconds(text: string | undefined): number {
  return text !== undefined && /^\d+$/.test(text) ? Math.min(Number(text), MOST_SECONDS) : 0;
}
