import type { ReadAnswer } from "zarr-cache";

/** How long the caches of others may keep answers of a store, besides the age bounds that the store has itself. */
export interface ClientCaching {
  /** Longest time that a client keeps an answer without asking, in milliseconds. */
  readonly clientMaxAge: number;
  /** The same for a content delivery network in front of the server. */
  readonly cdnMaxAge: number;
  /** Whether chunks never change, so that clients need not ask again. */
  readonly immutable: boolean;
  /** Whether answers are for everybody; else caches that several users share must not keep them. */
  readonly public: boolean;
}

const YEAR = 31_536_000;
/** What a source calls immutable ends some 270,000 years after 1970. */
const NEVER = 1e14;

/**
 * `Age`, `Cache-Control` (RFC 9111 §5) and `CDN-Cache-Control` (RFC 9213) for an answer of the cache. Ages of others count
 * on from ours: `max-age` is the age that it has plus the time for which it may be kept from now on.
 */
export function cachingHeaders(
  answer: Pick<ReadAnswer, "from" | "age" | "freshFor">,
  caching: ClientCaching,
  isData: boolean,
): Record<string, string> {
  const { freshFor } = answer;
  const age = answer.from === "miss" || answer.from === "coalesced" ? 0 : seconds(answer.age);
  const isImmutable =
    isData && (caching.immutable || (freshFor > NEVER && freshFor < Number.POSITIVE_INFINITY));
  const upTo = (bound: number) => age + (isImmutable ? YEAR : seconds(Math.min(freshFor, bound)));
  const immutable = isImmutable ? ", immutable" : "";
  const headers: Record<string, string> = caching.public
    ? {
        "Cache-Control": `public, max-age=${upTo(caching.clientMaxAge)}, no-transform${immutable}`,
        "CDN-Cache-Control": `max-age=${upTo(caching.cdnMaxAge)}${immutable}`,
      }
    : {
        "Cache-Control": `private, max-age=${upTo(caching.clientMaxAge)}, no-transform${immutable}`,
        "CDN-Cache-Control": "no-store",
      };
  if (age > 0 || answer.from === "hit" || answer.from === "stale") headers["Age"] = String(age);
  return headers;
}

/** `Cache-Status` (RFC 9211): whether it was a hit, from which tier, for how long it is fresh, or why it was not. */
export function cacheStatus(answer: Pick<ReadAnswer, "from" | "tier" | "freshFor" | "isKept">): string {
  const { from, tier, freshFor, isKept } = answer;
  if (from === "hit" || from === "stale") {
    const ttl =
      Number.isFinite(freshFor) && Math.abs(freshFor) < NEVER ? `; ttl=${Math.floor(freshFor / 1000)}` : "";
    return `zarr-cache; hit${ttl}${tier === undefined ? "" : `; detail=${tier}`}`;
  }
  if (from === "coalesced") return "zarr-cache; fwd=miss; collapsed";
  return isKept ? "zarr-cache; fwd=miss; stored" : "zarr-cache; fwd=miss";
}

function seconds(milliseconds: number): number {
  return Math.max(0, Math.floor(Math.min(milliseconds, YEAR * 1000) / 1000));
}
