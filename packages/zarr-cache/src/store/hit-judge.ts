import type { Key } from "../key.ts";
import type { Part } from "../part.ts";
import type { CacheHit, CacheStorage } from "../storage.ts";
import type { Datasets } from "./datasets.ts";
import type { Freshness, Lifetime, Verdict } from "./freshness.ts";
import { KeyVersions } from "./key-versions.ts";
import type { AnswerFacts, ReadAnswer } from "./read-answer.ts";
import { ServedVersions } from "./served-versions.ts";

/**
 * Says what a hit is good for: by its age, by what the source said since of the version that it is of, and by whether it
 * goes with the ranges of its key that readers have.
 */
export class HitJudge {
  readonly #freshness: Freshness;
  readonly #storage: Pick<CacheStorage, "now">;
  readonly #datasets: Pick<Datasets, "verdict" | "servesOnError" | "askedAt">;
  /** The versions that the source named last. */
  readonly seen: KeyVersions = new KeyVersions();
  /** The versions that readers have ranges of. */
  readonly served: ServedVersions;

  constructor(
    freshness: Freshness,
    storage: Pick<CacheStorage, "now">,
    datasets: Pick<Datasets, "verdict" | "servesOnError" | "askedAt">,
    onReplaced: (key: string) => void,
  ) {
    this.served = new ServedVersions(onReplaced);
    this.#freshness = freshness;
    this.#storage = storage;
    this.#datasets = datasets;
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
    if (verdict === "fresh") return verdict;
    const now = this.#storage.now();
    const renewed =
      hit.validator === undefined ? verdict : freshness.judge(key, this.seen.renewed(key, hit, now), now);
    if (renewed === "fresh" || !freshness.goesOn(key, hit, now)) return renewed;
    const byDataset = this.#datasets.verdict(key as Key, hit.value === undefined) ?? renewed;
    return byDataset === "expired" ? renewed : byDataset;
  }

  /** Whether asking about the dataset of a hit may make it fresh. */
  hangsOnDataset(part: Part, hit: CacheHit): boolean {
    const freshness = this.#freshness;
    return (
      freshness.byDataset(part.key, hit.value === undefined) &&
      freshness.goesOn(part.key, hit, this.#storage.now())
    );
  }

  /** Whether a hit may be given since the source has failed. */
  servesOnError(part: Part, hit: CacheHit): boolean {
    const { key } = part;
    return (
      this.servesOnErrorByItself(part, hit) ||
      (this.#freshness.goesOn(key, hit, this.#storage.now()) &&
        this.#datasets.servesOnError(key as Key, hit.value === undefined))
    );
  }

  /** As {@link servesOnError}, whatever is known of its dataset. */
  servesOnErrorByItself({ key }: Part, hit: CacheHit): boolean {
    return this.#freshness.servesOnError(key, hit, this.#storage.now());
  }

  /** As old as an answer is by what the source said since of its version, or of its dataset. */
  renewed(key: string, facts: AnswerFacts): AnswerFacts {
    const now = this.#storage.now();
    const own = facts.validator === undefined ? facts : this.seen.renewed(key, facts, now);
    const askedAt = this.#datasets.askedAt(key as Key, facts.value === undefined);
    if (askedAt === undefined || now - askedAt >= own.age || !this.#freshness.goesOn(key, own, now))
      return own;
    return { ...own, age: now - askedAt };
  }

  /** Notes that a part is given to a reader. */
  handedOut(part: Part, { validator }: Pick<ReadAnswer, "validator">): void {
    this.served.handedOut(part, validator);
  }

  /** Notes what the source answered a reader, asked at that time. */
  answered(part: Part, validator: string | undefined, askedAt: number, lifetime: Lifetime): void {
    const { age, expiresAt, grace } = lifetime;
    this.seen.saw(part.key, validator, { askedAt: askedAt - age, expiresAt, grace });
    this.served.handedOut(part, validator);
  }
}
