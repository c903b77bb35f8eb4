import { equalBytes } from "../equal-bytes.ts";
import { isZarrCacheError } from "../errors.ts";
import type { Key } from "../key.ts";
import type { Part } from "../part.ts";
import type { CacheHit, Fill } from "../storage.ts";
import { type ChangeWatch, isDocument } from "./change-watch.ts";
import type { Datasets } from "./datasets.ts";
import type { Flight, Landed } from "./flight.ts";
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
  /** What it is for; absent where it is for nobody in particular. */
  readonly flight?: Pick<Flight, "purpose" | "demanded">;
  /** The copy at hand, which is past its age. */
  readonly stale: CacheHit | undefined;
  /** The claim that the answer is kept under; absent where it is not kept. */
  readonly fill?: Fill | undefined;
}

/** What became of a copy that the source was asked about: it holds, there is another version, or it is gone. */
export type Revalidated = "unchanged" | "changed" | "dropped";

/** An answer, when it was asked for on the storage's clock, and the milliseconds that it took. */
interface Asked {
  readonly answer: Answered;
  readonly askedAt: number;
  readonly milliseconds: number;
  /** Whether it goes by its own age, though data go by their dataset. */
  readonly isUncovered: boolean;
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

  /** Reads a part from the source, or takes the copy at hand where that holds still; see {@link instead} where the source fails. */
  async fetch(part: Part, fetching: Fetching): Promise<Landed> {
    let asked: Asked;
    try {
      asked = await this.#ask(part, fetching);
    } catch (error) {
      if (fetching.signal.aborted || isZarrCacheError(error, "SourceChangedError")) throw error;
      return this.instead(part, fetching, error);
    }
    const { landed, keeping } = await this.#take(part, fetching, asked);
    if (this.#context.storage.fills === "await") await keeping;
    return landed;
  }

  /**
   * Asks the source about a copy, and waits until it is written down that it holds. A copy that does not is dropped, which
   * all who have one above a shared tier hear, as they would not of new bytes. Rejects where the source fails.
   */
  async revalidate(part: Part, copy: CacheHit, given: Omit<Fetching, "stale">): Promise<Revalidated> {
    const fetching = { ...given, stale: copy };
    let asked: Asked;
    try {
      asked = await this.#ask(part, fetching);
    } catch (error) {
      if (isZarrCacheError(error, "SourceChangedError")) return "changed";
      throw error;
    }
    const { answer } = asked;
    if (answer.state === "unchanged" || equalBytes(answer.value, copy.value)) {
      await (await this.#take(part, fetching, asked)).keeping;
      return "unchanged";
    }
    await this.#giveUp(given.fill);
    await this.#changes.follow(part, copy, answer);
    await this.#dropVersion(part);
    return answer.value === undefined ? "dropped" : "changed";
  }

  /** What others hold instead of an error of the source, or a copy past its age, where the bound for that allows it. */
  async instead(part: Part, fetching: Fetching, error: unknown): Promise<Landed> {
    const { storage } = this.#context;
    const { signal } = fetching;
    let { stale } = fetching;
    // By its dataset it is only as good as what is still cached: a document that has changed takes along what was below.
    if (stale !== undefined && !this.#judge.servesOnErrorByItself(part, stale))
      stale = await storage.get(part);
    const held = await storage.elsewhere?.(part, { signal });
    const verdict = held && this.#judge.judge(part, held);
    if (held === undefined || verdict === "foreign") return this.orStale(part, stale, error);
    if (verdict === "fresh") return this.landed(part, held, "cache");
    return this.orStale(part, stale !== undefined && stale.age <= held.age ? stale : held, error);
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

  /** Hands out what the source answered, and has it kept behind that. */
  async #take(
    part: Part,
    { stale, fill, flight }: Fetching,
    asked: Asked,
  ): Promise<{ readonly landed: Landed; readonly keeping?: Promise<void> }> {
    const { answer, askedAt, milliseconds } = asked;
    const copy = answer.state === "unchanged" ? (stale as CacheHit) : undefined;
    const { value, validator } =
      answer.state === "unchanged"
        ? (stale as CacheHit)
        : { value: answer.value, validator: answer.facts.validator };
    const lifetime = this.#lifetime(part, value === undefined, asked);
    const landed: Landed = {
      value,
      owned: copy?.owned ?? fill === undefined,
      from: "source",
      facts: { value, validator, size: answer.facts.size, ...lifetime },
    };
    if (!(await this.#changes.follow(part, stale, answer))) {
      // What is below is of the old version: whoever reads next must notice as well.
      await this.#giveUp(fill);
      return { landed };
    }
    this.#judge.answered(part, validator, askedAt, lifetime);
    if (value !== undefined && isDocument(part)) {
      const { age, expiresAt, grace } = lifetime;
      this.#datasets.saw(part.key as Key, value, { askedAt: askedAt - age, expiresAt, grace });
    }
    if (fill === undefined) return { landed };
    const measured = { answer, milliseconds, lifetime, purpose: flight?.purpose ?? "demand" };
    const keeping = this.#keeping.keep(part, fill, measured, stale, this.sharesClaim(stale));
    this.#work.track(keeping);
    return { landed: { ...landed, isKept: lifetime.isKept }, keeping };
  }

  #lifetime({ key }: Part, isMissing: boolean, { answer, askedAt, isUncovered }: Asked): Lifetime {
    const { freshness, events } = this.#context;
    try {
      const lifetime = freshness.lifetimeOf(key, isMissing, answer.facts, askedAt);
      if (!isUncovered || !freshness.byDataset(key, isMissing)) return lifetime;
      const { present, missing } = freshness.within(key);
      const end = askedAt + (isMissing ? missing : present) + 1;
      return { ...lifetime, expiresAt: Math.min(lifetime.expiresAt, end) };
    } catch (error) {
      events.emit("fault", { tier: "store", operation: "expires", error });
      return UNKEPT;
    }
  }

  /** Asks, and gives the claim up where that fails. */
  async #ask(part: Part, fetching: Fetching): Promise<Asked> {
    const started = performance.now();
    try {
      fetching.signal.throwIfAborted();
      const { freshness, storage } = this.#context;
      const key = part.key as Key;
      const isUncovered = freshness.byDataset(key, false) && !(await this.#datasets.covers(key));
      const askedAt = storage.now();
      const answer = await this.#answer(part, fetching);
      return { answer, askedAt, isUncovered, milliseconds: answer.took ?? performance.now() - started };
    } catch (error) {
      const { fill } = fetching;
      const { aborted } = fetching.signal;
      if (fill !== undefined) {
        this.#keeping.letGo(fill);
        // That a value has changed since this store read parts of it is nothing to those who wait in others.
        const isOwn = aborted || isZarrCacheError(error, "SourceChangedError");
        this.#work.track(isOwn ? fill.abandon() : fill.fail(error));
      }
      if (!aborted && isZarrCacheError(error, "SourceChangedError")) await this.#dropVersion(part);
      throw error;
    }
  }

  async #answer(part: Part, { signal, stale, flight }: Fetching): Promise<Answered> {
    const { served } = this.#judge;
    const ifNoneMatch = stale?.value === undefined ? undefined : stale.validator;
    const ifMatch = served.expected(part);
    const asking = { signal, demanded: flight?.demanded, ifNoneMatch, ifMatch };
    const answer = await this.#source.ask(part, asking);
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

  async #giveUp(fill: Fill | undefined): Promise<void> {
    if (fill === undefined) return;
    this.#keeping.letGo(fill);
    await fill.abandon();
  }

  /** Whoever opens the array again must not be given the index of the old version. */
  async #dropVersion({ storeId, key }: Part): Promise<void> {
    this.#judge.served.changed(key);
    await this.#context.storage.delete(storeId, key).catch(() => {});
  }
}
