import type { Part } from "../part.ts";
import type { Landed } from "./flight.ts";
import type { HitJudge } from "./hit-judge.ts";
import type { AnswerFacts, Asker, OnAnswer, ReadAnswer } from "./read-answer.ts";
import type { ReaderContext } from "./reader-context.ts";
import { isOfVersion } from "./served-versions.ts";
import { SourceChangedError } from "./source-errors.ts";
import { emitHit } from "./store-events.ts";

/** Counts how reads were answered, and tells readers and listeners of it. */
export class Answers {
  readonly #context: Pick<ReaderContext, "source" | "counters" | "events" | "freshness" | "storage">;
  readonly #judge: HitJudge;

  constructor(
    context: Pick<ReaderContext, "source" | "counters" | "events" | "freshness" | "storage">,
    judge: HitJudge,
  ) {
    this.#context = context;
    this.#judge = judge;
  }

  /**
   * Counts a read that was answered with what a flight brought, and tells of it; `joined`: of a flight that another had
   * begun. Throws `SourceChangedError` where it is of another version than was asked for.
   */
  count(landed: Landed, part: Part, joined: boolean, { told, version }: Asker): void {
    const { counters, events } = this.#context;
    const { value, from, tier, facts, isKept } = landed;
    this.check(part, facts, version);
    if (from === "cache") value === undefined ? counters.negativeHits++ : counters.hits++;
    else if (from === "source") joined ? counters.coalesced++ : counters.misses++;
    else counters.stale++;
    if (told !== undefined) {
      const how = from === "cache" ? "hit" : from !== "source" ? "stale" : joined ? "coalesced" : "miss";
      this.tell(told, part, facts, how, tier, isKept);
    }
    if (tier !== undefined && from !== "stale") emitHit(events, part, tier, value);
  }

  /** Throws `SourceChangedError` where there are bytes of another version than was asked for. */
  check(
    { storeId, key }: Part,
    { value, validator }: Pick<AnswerFacts, "value" | "validator">,
    version: string | undefined,
  ): void {
    if (value === undefined || version === undefined || isOfVersion(version, validator)) return;
    throw new SourceChangedError(this.#context.source.identity ?? storeId, key, version, validator);
  }

  /**
   * Throws `SourceChangedError`, and counts that, before anything is read where the end of the value was handed out in
   * another version than is asked for, since ranges must be of that.
   */
  checkEnd({ storeId, key }: Part, { version }: Asker): void {
    const end = this.#judge.served.endOf(key);
    if (version === undefined || end === undefined || isOfVersion(version, end)) return;
    const { source, counters } = this.#context;
    counters.failures++;
    throw new SourceChangedError(source.identity ?? storeId, key, version, end);
  }

  /** Tells a reader of the answer that it gets. */
  tell(
    told: OnAnswer,
    { key, range }: Part,
    facts: AnswerFacts,
    from: ReadAnswer["from"],
    tier: string | undefined,
    isKept = false,
  ): void {
    const known = this.#judge.renewed(key, facts);
    const { age, validator, value } = known;
    const { freshness, storage } = this.#context;
    const size = facts.size ?? (range === undefined ? value?.byteLength : undefined);
    const freshFor = freshness.freshFor(key, known, storage.now());
    told({ from, tier, age, freshFor, validator, size, isKept });
  }
}
