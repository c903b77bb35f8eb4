import { type Duration, parseDuration } from "../duration.ts";
import { InvalidOptionError } from "../errors.ts";
import { assertFunction } from "../options.ts";
import type { CacheHit } from "../storage.ts";
import type { FreshWithin } from "../store-index.ts";
import { type Bound, type FreshnessRule, type MaxAge, MaxAges } from "./max-age.ts";
import type { SourceFacts } from "./source-answer.ts";

/** Options that say how old an answer may be. */
export interface FreshnessOptions {
  /**
   * Default: metadata 5 min, data for ever, missing keys 1 min. `"source"`: as long as the source says, and so long
   * where it says nothing.
   */
  readonly maxAge?: MaxAge;
  /** Other ages for some keys; the first rule that means a key counts. */
  readonly rules?: readonly FreshnessRule[];
  /** How long past its age an answer may still be given at once, while it is fetched anew behind it. Default 0. */
  readonly staleWhileRevalidate?: Duration;
  /** How long past its age an answer may be given when the source fails. Default one day, or `staleWhileRevalidate`. */
  readonly staleIfError?: Duration;
  /** By how large a part ages are shortened, each key's by chance, so that not all end at once: 0 to 0.5. Default 0. */
  readonly jitter?: number;
  /** Where the chance comes from: numbers from 0 to 1. Default `Math.random`. */
  readonly random?: () => number;
}

/** What of a hit its freshness follows from. */
type Judged = Pick<CacheHit, "age" | "expiresAt" | "value">;

/** What an answer of a tier is good for, by its age. */
export type Verdict = "fresh" | "stale" | "expired";

/** How long an answer of the source is kept. */
export interface Lifetime {
  /** Whether it may be kept at all. */
  readonly isKept: boolean;
  /** Whether only tiers of this machine may keep it. */
  readonly private: boolean;
  /** Milliseconds that it was old when it was asked for. */
  readonly age: number;
  readonly expiresAt: number;
}

const FOR_EVER: number = 8.64e15;
const UNBOUNDED: Lifetime = { isKept: true, private: false, age: 0, expiresAt: Number.POSITIVE_INFINITY };
const DAY = 86_400_000;

/** Applies the bounds of a store to the ages of what is cached. */
export class Freshness {
  readonly #ages: MaxAges;
  readonly #whileRevalidate: number;
  readonly #ifError: number;
  readonly #jitter: number;
  readonly #seed: number;

  constructor(options: FreshnessOptions) {
    const { maxAge = {}, rules = [], staleWhileRevalidate = 0, staleIfError, jitter = 0 } = options;
    const { random = Math.random } = options;
    this.#ages = new MaxAges(maxAge, rules);
    this.#whileRevalidate = parseDuration("staleWhileRevalidate", staleWhileRevalidate);
    this.#ifError =
      staleIfError === undefined
        ? Math.max(DAY, this.#whileRevalidate)
        : parseDuration("staleIfError", staleIfError);
    // What may be given while the source is well may be given while it fails.
    if (this.#ifError < this.#whileRevalidate)
      throw new InvalidOptionError("staleIfError", staleIfError, "no shorter than staleWhileRevalidate");
    if (!(typeof jitter === "number" && jitter >= 0 && jitter <= 0.5))
      throw new InvalidOptionError("jitter", jitter, "a number from 0 to 0.5");
    assertFunction("random", random, "a function that returns a number from 0 to 1");
    this.#jitter = jitter;
    this.#seed = jitter === 0 ? 0 : Math.floor(random() * 2 ** 32);
  }

  /** Patterns of rules that meant no key so far. */
  get unusedPatterns(): readonly string[] {
    return this.#ages.unused;
  }

  /** The bounds for a key; where the source says how long, those that count when it does not. */
  within(key: string): FreshWithin {
    return {
      present: this.#shortened(key, this.#ages.of(key, false).milliseconds),
      missing: this.#shortened(key, this.#ages.of(key, true).milliseconds),
    };
  }

  /** How long what the source has just answered is kept; `now` is when it was asked. */
  lifetimeOf(key: string, isMissing: boolean, { freshness }: SourceFacts, now: number): Lifetime {
    if (freshness === undefined || !this.#ages.of(key, isMissing).bySource) return UNBOUNDED;
    const { age, freshFor, immutable = false, noStore = false } = freshness;
    return {
      isKept: !noStore,
      private: freshness.private ?? false,
      age,
      expiresAt: immutable
        ? FOR_EVER
        : freshFor === undefined
          ? Number.POSITIVE_INFINITY
          : now + Math.max(0, this.#shortened(key, freshFor) - age),
    };
  }

  /** Whether a hit may be given as it is, while it is fetched anew (`stale`), or not. */
  judge(key: string, hit: Judged, now: number): Verdict {
    const past = this.#past(key, hit, now);
    if (past <= 0) return "fresh";
    return past <= this.#whileRevalidate ? "stale" : "expired";
  }

  /** For how many milliseconds an answer is fresh from now on, negative past its bound. */
  freshFor(key: string, hit: Judged, now: number): number {
    return -this.#past(key, hit, now);
  }

  /** Whether a hit may be given when the source has failed. */
  servesOnError(key: string, hit: Judged, now: number): boolean {
    return this.#past(key, hit, now) <= this.#ifError;
  }

  /** Milliseconds that a hit is past its bound, negative before; `Infinity` when its age is negative, since the clock went back. */
  #past(key: string, { age, expiresAt, value }: Judged, now: number): number {
    if (age < 0) return Number.POSITIVE_INFINITY;
    const bound: Bound = this.#ages.of(key, value === undefined);
    const pastEnd = now - expiresAt + (now >= expiresAt ? 1 : 0);
    // What was kept under other rules has no end, and the age that counts without one.
    if (bound.bySource && expiresAt !== Number.POSITIVE_INFINITY) return pastEnd;
    return Math.max(age - this.#shortened(key, bound.milliseconds), pastEnd);
  }

  /** The same part of a key's age every time, so that what was fresh does not become so again. */
  #shortened(key: string, milliseconds: number): number {
    if (this.#jitter === 0 || milliseconds === Number.POSITIVE_INFINITY) return milliseconds;
    let hash = this.#seed ^ 0x811c9dc5;
    for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
    return milliseconds * (1 - this.#jitter * (((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32));
  }
}
