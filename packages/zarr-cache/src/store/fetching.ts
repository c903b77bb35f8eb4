import { isZarrCacheError } from "../errors.ts";
import type { Key } from "../key.ts";
import type { Part } from "../part.ts";
import type { CacheHit, Fill } from "../storage.ts";
import { type ChangeWatch, isDocument } from "./change-watch.ts";
import type { Datasets } from "./datasets.ts";
import type { Landed } from "./flight.ts";
import { type Lifetime, UNKEPT } from "./freshness.ts";
import type { HitJudge } from "./hit-judge.ts";
import type { Keeping } from "./keeping.ts";
import type { ReaderContext } from "./reader-context.ts";
import { SourceChangedError } from "./source-errors.ts";
import type { Answered, SourceReads } from "./source-reads.ts";
import { rangeDetail } from "./store-events.ts";
import type { WorkUnderWay } from "./work-under-way.ts";

/** What a fetch is made with. */
export interface Fetching {
  readonly signal: AbortSignal;
  /** The copy at hand, which is past its age. */
  readonly stale: CacheHit | undefined;
  /** The claim that the answer is kept under; absent where it is not kept. */
  readonly fill?: Fill | undefined;
}

/** Asks the source for parts, counts and tells what came, and has it kept without waiting for that. */
export class Fetcher {
  readonly #context: ReaderContext;
  readonly #source: SourceReads;
  readonly #judge: HitJudge;
  readonly #keeping: Keeping;
  readonly #work: WorkUnderWay;
  readonly #datasets: Datasets;
  readonly #changes: ChangeWatch;

  constructor(
    context: ReaderContext,
    parts: {
      source: SourceReads;
      judge: HitJudge;
      keeping: Keeping;
      work: WorkUnderWay;
      datasets: Datasets;
      changes: ChangeWatch;
    },
  ) {
    this.#context = context;
    this.#source = parts.source;
    this.#judge = parts.judge;
    this.#keeping = parts.keeping;
    this.#work = parts.work;
    this.#datasets = parts.datasets;
    this.#changes = parts.changes;
  }

  /** Whether a copy is of a whole value that the source can be asked about by its validator. */
  sharesClaim(stale: CacheHit | undefined): boolean {
    return stale?.whole === true && stale.validator !== undefined && this.#source.revalidates;
  }

  /** Reads a part from the source, or takes the copy at hand where that holds still, or where the source fails. */
  async fetch(part: Part, fetching: Fetching): Promise<Landed> {
    const { storage } = this.#context;
    const { signal, stale, fill } = fetching;
    signal.throwIfAborted();
    const started = performance.now();
    const askedAt = storage.now();
    let answer: Answered;
    try {
      answer = await this.#ask(part, fetching);
    } catch (error) {
      return this.#failed(part, fetching, error);
    }
    const milliseconds = performance.now() - started;
    const unchanged = answer.state === "unchanged";
    const { value, validator } =
      answer.state === "unchanged"
        ? (stale as CacheHit)
        : { value: answer.value, validator: answer.facts.validator };
    const lifetime = this.#lifetime(part, value === undefined, answer, askedAt);
    const owned = unchanged ? (stale as CacheHit).owned : fill === undefined;
    const facts = { value, validator, size: answer.facts.size, ...lifetime };
    if (!(await this.#changes.follow(part, stale, answer))) {
      // What is below is of the old version: whoever reads next must notice as well.
      if (fill !== undefined) this.#keeping.letGo(fill);
      await fill?.abandon();
      return { value, owned, from: "source", facts };
    }
    this.#judge.answered(part, validator, askedAt, lifetime);
    if (value !== undefined && isDocument(part))
      this.#datasets.saw(part.key as Key, askedAt - lifetime.age, lifetime.expiresAt, value);
    if (fill !== undefined) {
      const measured = { answer, milliseconds, lifetime };
      const keeping = this.#keeping.keep(part, fill, measured, stale, this.sharesClaim(stale));
      this.#work.track(keeping);
      if (storage.fills === "await") await keeping;
    }
    return {
      value,
      owned,
      from: "source",
      facts,
      isKept: fill !== undefined && lifetime.isKept,
    };
  }

  /** A copy past its age instead of an error, where the bound for that allows it. */
  orStale(part: Part, stale: CacheHit | undefined, error: unknown): Landed {
    const { events } = this.#context;
    if (stale === undefined || !this.#judge.servesOnError(part, stale)) throw error;
    events.emit("stale", { key: part.key, ...rangeDetail(part), age: stale.age, error });
    return this.landed(part, stale, "stale");
  }

  /** Hands out a copy. */
  landed(part: Part, hit: CacheHit, from: Landed["from"]): Landed {
    this.#judge.handedOut(part, hit);
    return { value: hit.value, owned: hit.owned, from, tier: hit.tier, facts: hit };
  }

  #lifetime({ key }: Part, isMissing: boolean, { facts }: Answered, askedAt: number): Lifetime {
    const { freshness, events } = this.#context;
    try {
      return freshness.lifetimeOf(key, isMissing, facts, askedAt);
    } catch (error) {
      events.emit("fault", { tier: "store", operation: "expires", error });
      return UNKEPT;
    }
  }

  async #ask(part: Part, { signal, stale }: Fetching): Promise<Answered> {
    const { served } = this.#judge;
    const ifNoneMatch = stale?.value === undefined ? undefined : stale.validator;
    const answer = await this.#source.ask(part, { signal, ifNoneMatch, ifMatch: served.expected(part) });
    // A source may not have compared the versions.
    const found = answer.state === "value" ? answer.facts.validator : undefined;
    if (found === undefined || served.fits(part, found)) return answer;
    const { source, storeId } = this.#context;
    throw new SourceChangedError(
      source.identity ?? storeId,
      part.key,
      served.expected(part) as string,
      found,
    );
  }

  async #failed(part: Part, { signal, stale, fill }: Fetching, error: unknown): Promise<Landed> {
    const { storage } = this.#context;
    const { aborted } = signal;
    if (fill !== undefined) {
      this.#keeping.letGo(fill);
      this.#work.track(aborted ? fill.abandon() : fill.fail(error));
    }
    if (aborted) throw error;
    if (!isZarrCacheError(error, "SourceChangedError")) return this.orStale(part, stale, error);
    // Whoever opens the array again must not be given the index of the old version.
    this.#judge.served.changed(part.key);
    await storage.delete(part.storeId, part.key).catch(() => {});
    throw error;
  }
}
