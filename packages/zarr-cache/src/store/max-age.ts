import { type Duration, parseDuration } from "../duration.ts";
import { InvalidOptionError } from "../errors.ts";
import { classOf } from "../key.ts";
import { assertKnownOptions } from "../options.ts";
import { parseKeyPattern } from "./key-pattern.ts";

/** How long an answer stays fresh: so long, or as long as the source says (`Cache-Control` and the like). */
export type AgeBound = Duration | "source";

/**
 * How long data, or the fact that they are missing, stay fresh. `"dataset"`: for as long as their dataset has not changed,
 * which its metadata tell, so that one question in each `maxAge.metadata` does for all of it. They are those of the array,
 * or the consolidated metadata of a group above it that list the array; what these list then goes by them too.
 */
export type DataAgeBound = AgeBound | "dataset";

/**
 * How long answers stay fresh: all, or by class of key. Metadata that is missing has metadata's age, and with `"dataset"`
 * alone that is the default.
 */
export type MaxAge =
  | DataAgeBound
  | { readonly metadata?: AgeBound; readonly data?: DataAgeBound; readonly missing?: DataAgeBound };

/** Ages of the keys that a pattern means; classes that it leaves out have the store's. */
export interface FreshnessRule {
  /** `*` stands for anything within a segment, `**` for anything: `"/forecast/**"`. */
  readonly match: string;
  readonly maxAge: MaxAge;
}

/**
 * A bound as it is applied; with `bySource`, to answers of which the source does not say, and with `byDataset`, to those
 * whose dataset is not known.
 */
export interface Bound {
  readonly milliseconds: number;
  readonly bySource: boolean;
  readonly byDataset: boolean;
}

type Bounds = Readonly<Record<"metadata" | "data" | "missing", Bound>>;

const DEFAULTS: Bounds = {
  metadata: { milliseconds: 300_000, bySource: false, byDataset: false },
  data: { milliseconds: Number.POSITIVE_INFINITY, bySource: false, byDataset: false },
  missing: { milliseconds: 60_000, bySource: false, byDataset: false },
};

/** The bounds of a store, by key: those of the first rule that means it, else the store's. */
export class MaxAges {
  readonly #own: Bounds;
  readonly #rules: {
    readonly match: string;
    readonly means: (key: string) => boolean;
    bounds: Bounds;
    isUsed: boolean;
  }[];

  constructor(maxAge: MaxAge, rules: readonly FreshnessRule[]) {
    this.#own = parseMaxAge("maxAge", maxAge, DEFAULTS);
    if (!Array.isArray(rules)) throw new InvalidOptionError("rules", rules, "a list of { match, maxAge }");
    this.#rules = rules.map((rule: FreshnessRule, place) => {
      const name = `rules[${place}]`;
      assertKnownOptions(name, rule ?? null, ["match", "maxAge"]);
      const { match } = rule;
      const above = rules.slice(0, place).find((other) => other.match === match || other.match === "/**");
      if (above !== undefined)
        throw new InvalidOptionError(
          `${name}.match`,
          match,
          `a pattern that "${above.match}" above leaves keys to`,
        );
      return {
        match,
        means: parseKeyPattern(match, `${name}.match`).matches,
        bounds: parseMaxAge(`${name}.maxAge`, rule.maxAge, this.#own),
        isUsed: false,
      };
    });
  }

  /** The bound of a key that has a value, or has none. */
  of(key: string, isMissing: boolean): Bound {
    const bounds = this.#boundsOf(key);
    return classOf(key) === "metadata" ? bounds.metadata : isMissing ? bounds.missing : bounds.data;
  }

  /** Whether a key may go by metadata above it. */
  byDataset(key: string, isMissing: boolean): boolean {
    const bounds = this.#boundsOf(key);
    return (isMissing && classOf(key) === "data" ? bounds.missing : bounds.data).byDataset;
  }

  /** Patterns that meant no key so far. */
  get unused(): readonly string[] {
    return this.#rules.filter(({ isUsed }) => !isUsed).map(({ match }) => match);
  }

  #boundsOf(key: string): Bounds {
    for (const rule of this.#rules)
      if (rule.means(key)) {
        rule.isUsed = true;
        return rule.bounds;
      }
    return this.#own;
  }
}

type GivenAges = Partial<Record<keyof Bounds, DataAgeBound>>;

function parseMaxAge(option: string, maxAge: unknown, otherwise: Bounds): Bounds {
  const isByClass = typeof maxAge === "object";
  if (isByClass) assertKnownOptions(option, maxAge, ["metadata", "data", "missing"]);
  else if (typeof maxAge !== "number" && typeof maxAge !== "string")
    throw new InvalidOptionError(
      option,
      maxAge,
      'a duration, "source", "dataset", or { metadata, data, missing }',
    );
  const all = maxAge as DataAgeBound;
  const given = (isByClass ? maxAge : { metadata: all, data: all, missing: all }) as GivenAges;
  const parse = (name: keyof Bounds, metadata?: Bound): Bound => {
    const bound = given[name];
    if (bound === undefined) return otherwise[name];
    if (bound === "source") return { ...DEFAULTS[name], bySource: true };
    if (bound === "dataset" && metadata !== undefined)
      return { milliseconds: metadata.milliseconds, bySource: false, byDataset: true };
    if (bound === "dataset" && !isByClass) return otherwise[name];
    const milliseconds = parseDuration(isByClass ? `${option}.${name}` : option, bound);
    return { milliseconds, bySource: false, byDataset: false };
  };
  const metadata = parse("metadata");
  if ([given.data, given.missing].includes("dataset") && metadata.milliseconds === Number.POSITIVE_INFINITY)
    throw new InvalidOptionError(
      `${option}.metadata`,
      metadata.milliseconds,
      'an end, since with "dataset" for data it is how often the dataset is asked about',
    );
  return { metadata, data: parse("data", metadata), missing: parse("missing", metadata) };
}
