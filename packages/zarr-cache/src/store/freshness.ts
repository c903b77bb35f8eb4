import { type Duration, parseDuration } from "../duration.ts";
import { InvalidOptionError } from "../errors.ts";
import { classOf } from "../key.ts";
import { assertKnownOptions } from "../options.ts";
import type { CacheHit } from "../storage.ts";
import type { FreshWithin } from "../store-index.ts";

/** How long an answer stays fresh: for everything, or by class of key. Metadata that is missing has metadata's age. */
export type MaxAge =
  | Duration
  | { readonly metadata?: Duration; readonly data?: Duration; readonly missing?: Duration };

/** Options that say how old an answer may be. */
export interface FreshnessOptions {
  /** Default: metadata 5 min, data for ever, missing keys 1 min. */
  readonly maxAge?: MaxAge;
  /** How long past its age an answer may still be given at once, while it is fetched anew behind it. Default 0. */
  readonly staleWhileRevalidate?: Duration;
  /** How long past its age an answer may be given when the source fails. Default one day. */
  readonly staleIfError?: Duration;
}

/** What an answer of a tier is good for, by its age. */
export type Verdict = "fresh" | "stale" | "expired";

/** Applies the bounds of a store to the ages of what is cached. */
export class Freshness {
  readonly #metadata: FreshWithin;
  readonly #data: FreshWithin;
  readonly #whileRevalidate: number;
  readonly #ifError: number;

  constructor(options: FreshnessOptions) {
    const { maxAge = {}, staleWhileRevalidate = 0, staleIfError = "1d" } = options;
    if (typeof maxAge === "object") assertKnownOptions("maxAge", maxAge, ["metadata", "data", "missing"]);
    else if (typeof maxAge !== "number" && typeof maxAge !== "string")
      throw new InvalidOptionError("maxAge", maxAge, "a duration, or { metadata, data, missing }");
    const all = typeof maxAge === "object" ? maxAge : { metadata: maxAge, data: maxAge, missing: maxAge };
    const {
      metadata: ofMetadata = "5m",
      data: ofData = Number.POSITIVE_INFINITY,
      missing: ofMissing = "1m",
    } = all;
    const metadata = parseDuration("maxAge.metadata", ofMetadata);
    const data = parseDuration("maxAge.data", ofData);
    const missing = parseDuration("maxAge.missing", ofMissing);
    this.#metadata = { present: metadata, missing: metadata };
    this.#data = { present: data, missing };
    this.#whileRevalidate = parseDuration("staleWhileRevalidate", staleWhileRevalidate);
    this.#ifError = parseDuration("staleIfError", staleIfError);
  }

  /** The bounds for a key. */
  within(key: string): FreshWithin {
    return classOf(key) === "metadata" ? this.#metadata : this.#data;
  }

  /** Whether a hit may be given as it is, while it is fetched anew (`stale`), or not. */
  judge(key: string, hit: CacheHit, now: number): Verdict {
    const past = this.#past(key, hit, now);
    if (past <= 0) return "fresh";
    return past <= this.#whileRevalidate ? "stale" : "expired";
  }

  /** Whether a hit may be given when the source has failed. */
  servesOnError(key: string, hit: CacheHit, now: number): boolean {
    return this.#past(key, hit, now) <= this.#ifError;
  }

  /** Milliseconds that a hit is past its bound; `Infinity` when its age is negative, since the clock went back. */
  #past(key: string, hit: CacheHit, now: number): number {
    if (hit.age < 0) return Number.POSITIVE_INFINITY;
    const bounds = this.within(key);
    return Math.max(
      hit.age - (hit.value === undefined ? bounds.missing : bounds.present),
      now >= hit.expiresAt ? now - hit.expiresAt + 1 : 0,
    );
  }
}
