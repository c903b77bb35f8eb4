import type { Part } from "../part.ts";
import type { CacheHit, CacheStorage } from "../storage.ts";
import type { Freshness, Lifetime, Verdict } from "./freshness.ts";
import { KeyVersions } from "./key-versions.ts";
import type { AnswerFacts } from "./read-answer.ts";
import { ServedVersions } from "./served-versions.ts";

/**
 * Says what a hit is good for: by its age, by what the source said since of the version that it is of, and by whether it
 * goes with the ranges of its key that readers have.
 */
export class HitJudge {
  readonly #freshness: Freshness;
  readonly #storage: Pick<CacheStorage, "now">;
  readonly #seen = new KeyVersions();
  /** The versions that readers have ranges of. */
  readonly served: ServedVersions = new ServedVersions();

  constructor(freshness: Freshness, storage: Pick<CacheStorage, "now">) {
    this.#freshness = freshness;
    this.#storage = storage;
  }

  /** `foreign`: of another version than the ranges of its key that readers have. */
  judge(part: Part, hit: CacheHit): Verdict | "foreign" {
    const { key } = part;
    if (!this.served.fits(part, hit.validator)) return "foreign";
    const freshness = this.#freshness;
    const verdict = freshness.judge(
      key,
      hit,
      hit.expiresAt === Number.POSITIVE_INFINITY ? 0 : this.#storage.now(),
    );
    if (verdict === "fresh" || hit.validator === undefined) return verdict;
    const now = this.#storage.now();
    return freshness.judge(key, this.#seen.renewed(key, hit, now), now);
  }

  /** As old as an answer is by what the source said since of its version. */
  renewed(key: string, facts: AnswerFacts): AnswerFacts {
    return facts.validator === undefined ? facts : this.#seen.renewed(key, facts, this.#storage.now());
  }

  /** Notes that a part is given to a reader. */
  handedOut(part: Part, { validator }: Pick<CacheHit, "validator">): void {
    this.served.handedOut(part, validator);
  }

  /** Notes what the source answered a reader, asked at that time. */
  answered(part: Part, validator: string | undefined, askedAt: number, lifetime: Lifetime): void {
    this.#seen.saw(part.key, validator, askedAt - lifetime.age, lifetime.expiresAt);
    this.served.handedOut(part, validator);
  }
}
