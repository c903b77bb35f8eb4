import type { Key } from "../key.ts";
import { isPromise } from "../maybe-promise.ts";
import type { Part } from "../part.ts";
import { copyBytes, sliceRange } from "../range.ts";
import type { CacheHit, FillPurpose } from "../storage.ts";
import type { EntryInfo } from "../store-index.ts";
import { Answers } from "./answers.ts";
import { BlockReader } from "./block-reader.ts";
import { ChangeWatch } from "./change-watch.ts";
import { Datasets } from "./datasets.ts";
import { Fetcher, type Revalidated } from "./fetching.ts";
import { Flights, type Looked } from "./flights.ts";
import { Pilot } from "./flying.ts";
import type { Verdict } from "./freshness.ts";
import { HitJudge } from "./hit-judge.ts";
import { Keeping } from "./keeping.ts";
import type { Asker, ReadAnswer } from "./read-answer.ts";
import type { ReaderContext } from "./reader-context.ts";
import { Revalidator } from "./revalidator.ts";
import { SourceReads } from "./source-reads.ts";
import { WorkUnderWay } from "./work-under-way.ts";

/**
 * The read path behind the memory look-up: one flight for all readers of a part in this process, then the lower tiers,
 * then the claim that lets one of all processes ask the source.
 */
export class Reader {
  readonly #context: ReaderContext;
  /** Flights, also those that nobody may join any more, and fills. */
  readonly #work = new WorkUnderWay();
  readonly #source: SourceReads;
  readonly #datasets: Datasets;
  readonly #judge: HitJudge;
  readonly #answers: Answers;
  readonly #keeping: Keeping;
  readonly #flights: Flights;
  readonly #revalidator: Revalidator;
  readonly #stopListening: () => void;
  readonly #blocks: BlockReader;

  constructor(context: ReaderContext) {
    this.#context = context;
    this.#source = new SourceReads(context, async (key, signal) => {
      const { flight } = await this.#flights.board({ storeId: context.storeId, key });
      return flight.join(signal);
    });
    this.#datasets = new Datasets({
      ...context,
      ask: (key) => this.#flights.refresh({ storeId: context.storeId, key }).landed,
    });
    const { storeId, events } = context;
    this.#judge = new HitJudge(context.freshness, context.storage, this.#datasets, (path) => {
      // They ask for the version that was handed out before.
      this.#flights.detach(path);
      events.emit("invalidate", { storeId, path, elsewhere: false });
    });
    this.#answers = new Answers(context, this.#judge);
    this.#keeping = new Keeping(context);
    const changes = new ChangeWatch({
      ...context,
      isListed: (key) => this.#datasets.isListed(key),
      fetchBehind: (key) => this.#behind({ storeId: context.storeId, key }),
    });
    const parts = {
      source: this.#source,
      judge: this.#judge,
      keeping: this.#keeping,
      work: this.#work,
      datasets: this.#datasets,
      changes,
    };
    const fetcher = new Fetcher(context, parts);
    const pilot = new Pilot(context, { ...parts, fetcher });
    this.#revalidator = new Revalidator({ ...parts, storage: context.storage, fetcher });
    this.#flights = new Flights(
      context,
      async (part, ...flight) => {
        const landed = await pilot.fly(part, ...flight);
        if (landed.from === "revalidating") this.#behind(part);
        return landed;
      },
      this.#work,
    );
    this.#blocks = new BlockReader(context, {
      flights: this.#flights,
      ranges: this.#keeping.ranges,
      served: this.#judge.served,
      answers: this.#answers,
    });
    this.#stopListening = context.storage.on("invalidate", ({ storeId, path }) => {
      if (storeId !== context.storeId) return;
      this.#flights.detach(path);
      this.#datasets.forget(path);
      changes.forget(path);
    });
  }

  /** Whether a read of this part is under way, which others may join. */
  isFlying(part: Part): boolean {
    return this.#flights.has(part);
  }

  /** Reads a part that is not at hand in memory. `looked` is what the caller's own look-up gave, if it made one. */
  async read(
    part: Part,
    signal: AbortSignal | undefined,
    asker: Asker,
    looked?: Looked,
    purpose?: FillPurpose,
  ): Promise<Uint8Array | undefined> {
    const { range } = part;
    this.#answers.checkEnd(part, asker);
    if (this.#blocks.reads(part) && !this.#source.ignoresRanges) {
      const hit = await looked?.hit;
      const isGood = hit !== undefined && this.judge(part, hit) === "fresh";
      const read = isGood ? undefined : await this.#blocks.read(part, signal, asker);
      if (read !== undefined) return read.value;
    }
    if (range === undefined || !this.#source.ignoresRanges)
      return this.#counted(part, signal, asker, looked, purpose);
    const hit = await looked?.hit;
    if (hit !== undefined && this.judge(part, hit) === "fresh")
      return this.#counted(part, signal, asker, { hit });
    const told = (answer: ReadAnswer) => {
      this.#judge.handedOut(part, answer);
      asker.told?.(answer);
    };
    const { storeId, key } = part;
    const whole = await this.#counted({ storeId, key }, signal, { ...asker, told });
    return whole && sliceRange(whole, range);
  }

  /** Tells a reader of the answer that it gets; see {@link Answers}. */
  tell(...answer: Parameters<Answers["tell"]>): void {
    this.#answers.tell(...answer);
  }

  /** Throws where a part is of another version than was asked for; see {@link Answers}. */
  check(...answer: Parameters<Answers["check"]>): void {
    this.#answers.check(...answer);
  }

  /** What a hit is good for; see {@link HitJudge}. */
  judge(part: Part, hit: CacheHit): Verdict | "foreign" {
    return this.#judge.judge(part, hit);
  }

  /** Whether a hit is fresh, also by asking about its dataset; what was dropped by that is not. */
  async isFresh(part: Part, hit: CacheHit): Promise<boolean> {
    if (this.judge(part, hit) === "fresh") return true;
    if (!this.#judge.hangsOnDataset(part, hit)) return false;
    if ((await this.#datasets.prove(part.key as Key, false)) !== undefined) return false;
    const again = await this.#context.storage.get(part);
    return again !== undefined && this.judge(part, again) === "fresh";
  }

  /** Notes that a hit is given to a reader. */
  handedOut(part: Part, hit: CacheHit): void {
    this.#judge.handedOut(part, hit);
  }

  /** Fetches a part anew behind an answer that is past its age; the whole where the source has no ranges. */
  refreshBehind(part: Part): void {
    this.#flights.refresh(this.#source.ignoresRanges ? { storeId: part.storeId, key: part.key } : part);
  }

  /** Asks the source about a copy now; see {@link Revalidator}. */
  async revalidate(entry: EntryInfo, isTold: boolean, signal: AbortSignal): Promise<Revalidated> {
    await this.#context.bound();
    return this.#revalidator.revalidate(entry, isTold, signal);
  }

  /** Resolves when what was read of a part is kept, or will not be. */
  kept(part: Part): Promise<void> {
    return this.#keeping.kept(part);
  }

  /** Resolves when no read and no fill is under way. */
  idle(): Promise<void> {
    return this.#work.idle();
  }

  /** Gives up what the reads under way have claimed, and waits for what is being kept. The reads go on. */
  async close(): Promise<void> {
    this.#stopListening();
    await this.#keeping.close();
  }

  /** As {@link Reader.refreshBehind}, once the flight that finds it needful has landed. */
  #behind(part: Part): void {
    this.#work.track(Promise.resolve().then(() => this.refreshBehind(part)));
  }

  /** Joins or begins a flight, counts how the read was answered, and hands out bytes that are the reader's own. */
  async #counted(
    part: Part,
    signal: AbortSignal | undefined,
    asker: Asker,
    looked?: Looked,
    purpose: FillPurpose = "demand",
  ): Promise<Uint8Array | undefined> {
    const { counters, isShared } = this.#context;
    try {
      const boarded = this.#flights.board(part, looked, purpose);
      const { flight, joined } = isPromise(boarded) ? await boarded : boarded;
      const landed = await flight.join(signal, purpose);
      const { value, owned } = landed;
      this.#answers.count(landed, part, joined, asker);
      // A flight that has landed cannot be joined any more, so an only reader may keep what nobody else holds.
      return value === undefined || (owned && flight.joined === 1) || isShared ? value : copyBytes(value);
    } catch (error) {
      counters.failures++;
      throw error;
    }
  }
}
