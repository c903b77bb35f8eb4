import { type Duration, parseDuration } from "../duration.ts";
import { InvalidOptionError } from "../errors.ts";
import { classOf } from "../key.ts";
import { assertKnownOptions } from "../options.ts";
import { parseKeyPattern } from "./key-pattern.ts";

/** How long an answer stays fresh: so long, or as long as the source says (`Cache-Control` and the like). */
export type AgeBound = Duration | "source";

/** How long answers stay fresh: all, or by class of key. Metadata that is missing has metadata's age. */
export type MaxAge =
  | AgeBound
  | { readonly metadata?: AgeBound; readonly data?: AgeBound; readonly missing?: AgeBound };

/** Ages of the keys that a pattern means; classes that it leaves out have the store's. */
export interface FreshnessRule {
  /** `*` stands for anything within a segment, `**` for anything: `"/forecast/**"`. */
  readonly match: string;
  readonly maxAge: MaxAge;
}

/** A bound as it is applied; with `bySource`, to answers of which the source does not say. */
export interface Bound {
  readonly milliseconds: number;
  readonly bySource: boolean;
}

type Bounds = Readonly<Record<"metadata" | "data" | "missing", Bound>>;

const DEFAULTS: Bounds = {
  metadata: { milliseconds: 300_000, bySource: false },
  data: { milliseconds: Number.POSITIVE_INFINITY, bySource: false },
  missing: { milliseconds: 60_000, bySource: false },
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

function parseMaxAge(option: string, maxAge: unknown, otherwise: Bounds): Bounds {
  if (typeof maxAge === "object") {
    assertKnownOptions(option, maxAge, ["metadata", "data", "missing"]);
    const given = maxAge as Partial<Record<keyof Bounds, AgeBound>>;
    const parse = (name: keyof Bounds) =>
      given[name] === undefined ? otherwise[name] : parseBound(`${option}.${name}`, given[name], name);
    return { metadata: parse("metadata"), data: parse("data"), missing: parse("missing") };
  }
  if (typeof maxAge !== "number" && typeof maxAge !== "string")
    throw new InvalidOptionError(option, maxAge, 'a duration, "source", or { metadata, data, missing }');
  const parse = (name: keyof Bounds) => parseBound(option, maxAge, name);
  return { metadata: parse("metadata"), data: parse("data"), missing: parse("missing") };
}

function parseBound(option: string, bound: AgeBound, name: keyof Bounds): Bound {
  if (bound === "source") return { ...DEFAULTS[name], bySource: true };
  return { milliseconds: parseDuration(option, bound), bySource: false };
}
