import { type Duration, parseDuration } from "../duration.ts";
import { InvalidOptionError } from "../errors.ts";
import { type Grace, NO_GRACE } from "../grace.ts";
import { assertFlags, assertFunction } from "../options.ts";
import type { CacheHit } from "../storage.ts";
import type { FreshWithin } from "../store-index.ts";
import { hashOf } from "../text-hash.ts";
import { type Bound, type FreshnessRule, type MaxAge, MaxAges } from "./max-age.ts";
import type { SourceFacts, SourceFreshness } from "./source-answer.ts";

/** What `expires` is told of an answer. */
export interface AnsweredFacts extends SourceFacts {
  /** Whether the source says that the key has no value. */
  readonly missing: boolean;
  /** When it was asked, in milliseconds on the storage's clock. */
  readonly askedAt: number;
}

/** Options that say how old an answer may be. */
export interface FreshnessOptions {
  /**
   * Default: metadata 5 min, data for ever, missing keys 1 min. `"source"`: as long as the source says, and so long
   * where it says nothing. `"dataset"`: until the metadata of the dataset turn out to have changed.
   */
  readonly maxAge?: MaxAge;
  /**
   * When an answer ends, however young it is: a forecast holds until its next run. A `Date`, or milliseconds on the
   * storage's clock; `undefined`: by its age alone. Instead of what the source says with `maxAge: "source"`. Asked again
   * where the source says that a copy holds still.
   */
  readonly expires?: (key: string, facts: AnsweredFacts) => Date | number | undefined;
  /**
   * Whether all that is cached below is dropped when the metadata of an array or group turn out to have changed, which is
   * their validator or their bytes. Default yes; no is for arrays that only grow, of which each chunk is written once.
   */
  readonly dropOnChange?: boolean;
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
export type Judged = Pick<CacheHit, "age" | "expiresAt" | "value" | "grace">;

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
  /** How long past its age it may be given, where the source says. */
  readonly grace?: Grace | undefined;
}

const FOR_EVER: number = 8.64e15;
/** Of an answer that is not kept. */
export const UNKEPT: Lifetime = { isKept: false, private: false, age: 0, expiresAt: 0 };
const UNBOUNDED: Lifetime = { isKept: true, private: false, age: 0, expiresAt: Number.POSITIVE_INFINITY };
const DAY = 86_400_000;

/** Applies the bounds of a store to the ages of what is cached. */
export class Freshness {
  readonly #ages: MaxAges;
  readonly #whileRevalidate: number;
  readonly #ifError: number;
  readonly #jitter: number;
  readonly #seed: number;
  /** Whether the end of answers is told one by one. */
  readonly #expires: FreshnessOptions["expires"];
  readonly dropOnChange: boolean;

  constructor(options: FreshnessOptions) {
    const { maxAge = {}, rules = [], staleWhileRevalidate = 0, staleIfError, jitter = 0 } = options;
    const { random = Math.random, expires, dropOnChange = true } = options;
    if (expires !== undefined)
      assertFunction("expires", expires, "a function (key, facts) => Date, milliseconds or undefined");
    assertFlags({ dropOnChange });
    this.#expires = expires;
    this.dropOnChange = dropOnChange;
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

  /** Whether answers are told their end, so that one which the source did not give has none. */
  get tellsEnds(): boolean {
    return this.#expires !== undefined;
  }

  /** Whether a key may go by metadata above it; see {@link DataAgeBound}. */
  byDataset(key: string, isMissing: boolean): boolean {
    return this.#ages.byDataset(key, isMissing);
  }

  /**
   * How long what the source has just answered is kept; `now` is when it was asked. Throws what `expires` throws, and
   * `InvalidOptionError` where that answers with something else than a time.
   */
  lifetimeOf(key: string, isMissing: boolean, facts: SourceFacts, now: number): Lifetime {
    const bySource = this.#lifetimeBySource(key, isMissing, facts, now);
    if (this.#expires === undefined) return bySource;
    // The facts are the answer itself, whose bytes are nobody else's business.
    const { status: _, value: __, whole: ___, ...told } = facts as SourceFacts & Record<string, unknown>;
    const end: unknown = this.#expires(key, { ...told, missing: isMissing, askedAt: now });
    if (end === undefined) return bySource;
    const expiresAt = end instanceof Date ? end.getTime() : end;
    if (typeof expiresAt !== "number" || Number.isNaN(expiresAt))
      throw new InvalidOptionError("expires", end, "a Date, milliseconds, or undefined, as answer");
    return { ...bySource, expiresAt };
  }

  #lifetimeBySource(key: string, isMissing: boolean, { freshness }: SourceFacts, now: number): Lifetime {
    if (freshness === undefined || !this.#ages.of(key, isMissing).bySource) return UNBOUNDED;
    const { age, freshFor, immutable = false, noStore = false } = freshness;
    return {
      isKept: !noStore,
      private: freshness.private ?? false,
      age,
      grace: graceOf(freshness),
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
    return past <= (this.#graceOf(key, hit)?.whileRevalidate ?? this.#whileRevalidate) ? "stale" : "expired";
  }

  /** For how many milliseconds an answer is fresh from now on, negative past its bound. */
  freshFor(key: string, hit: Judged, now: number): number {
    return -this.#past(key, hit, now);
  }

  /** Whether a hit may be given when the source has failed. */
  servesOnError(key: string, hit: Judged, now: number): boolean {
    const { whileRevalidate = 0, ifError = this.#ifError } = this.#graceOf(key, hit) ?? {};
    // What may be given while the source is well may be given while it fails.
    return this.#past(key, hit, now) <= Math.max(whileRevalidate, ifError);
  }

  /** Whether a hit may go on by its dataset: its age can be told, and its own end, if it was told one, has not come. */
  goesOn(key: string, { age, expiresAt, value }: Judged, now: number): boolean {
    if (age < 0) return false;
    return now < expiresAt || (!this.tellsEnds && this.#ages.of(key, value === undefined).bySource);
  }

  /** What the source allows past the age of a hit, where it is the source that says how long. */
  #graceOf(key: string, { value, grace }: Judged): Grace | undefined {
    return this.#ages.of(key, value === undefined).bySource ? grace : undefined;
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
    return milliseconds * (1 - this.#jitter * ((hashOf(this.#seed, key) >>> 0) / 2 ** 32));
  }
}

/** `must-revalidate` and the like forbid what other directives, or the reader, would allow (RFC 5861 §4). */
function graceOf({
  mustRevalidate,
  staleWhileRevalidate: whileRevalidate,
  staleIfError: ifError,
}: SourceFreshness): Grace | undefined {
  if (mustRevalidate) return NO_GRACE;
  return whileRevalidate === undefined && ifError === undefined ? undefined : { whileRevalidate, ifError };
}
