import type { Key } from "../key.ts";
import { type Part, partId } from "../part.ts";
import type { CacheHit, Fill, FillPurpose } from "../storage.ts";
import { Turns } from "../turns.ts";
import { CostEstimate } from "./cost-estimate.ts";
import type { Lifetime } from "./freshness.ts";
import { KnownRanges } from "./known-ranges.ts";
import type { ReaderContext } from "./reader-context.ts";
import type { Answered } from "./source-reads.ts";
import { rangeDetail } from "./store-events.ts";
import { WorkUnderWay } from "./work-under-way.ts";

/** An answer of the source, and what it took. */
export interface Measured {
  readonly answer: Answered;
  readonly milliseconds: number;
  readonly lifetime: Lifetime;
  readonly purpose: FillPurpose;
}

/** Values that are written at once, for an index and a medium that answer in time; the others wait. */
const MOST_COMMITS = 256;

/** Keeps what the source answered, under the claim that was taken before it was asked. */
export class Keeping {
  readonly #context: Pick<ReaderContext, "source" | "storage" | "shouldCache" | "events">;
  readonly #cost: CostEstimate;
  /** Claims that are held, to be given up when the store is closed. */
  readonly #held = new Set<Fill>();
  /** Values that are being kept. */
  readonly #keeping = new WorkUnderWay();
  readonly #byPart = new Map<string, Promise<void>>();
  /** What of values is cached in ranges. */
  readonly ranges: KnownRanges = new KnownRanges();
  readonly #commits = new Turns(MOST_COMMITS);
  #closed = false;

  constructor(context: Pick<ReaderContext, "source" | "storage" | "shouldCache" | "events">) {
    this.#context = context;
    this.#cost = new CostEstimate(context.source);
  }

  /** Holds a claim until it is let go; false where the store was closed meanwhile. */
  hold(fill: Fill): boolean {
    if (!this.#closed) this.#held.add(fill);
    return !this.#closed;
  }

  /** The caller ends this claim itself. */
  letGo(fill: Fill): void {
    this.#held.delete(fill);
  }

  /**
   * Ends a claim with what the source answered. `stale` is the copy that was asked about; `sharesClaim`: under the claim
   * of the whole value that it is of.
   */
  keep(
    part: Part,
    fill: Fill,
    measured: Measured,
    stale: CacheHit | undefined,
    sharesClaim: boolean,
  ): Promise<void> {
    this.letGo(fill);
    const { answer, lifetime } = measured;
    const keeping =
      answer.state === "unchanged"
        ? confirm(fill, stale as CacheHit, lifetime)
        : sharesClaim
          ? this.#replaceWhole(part, fill)
          : this.#commit(part, fill, answer, measured);
    this.#keeping.track(keeping);
    const id = partId(part);
    const ended = () => {
      if (this.#byPart.get(id) === keeping) this.#byPart.delete(id);
    };
    this.#byPart.set(id, keeping);
    keeping.then(ended, ended);
    return keeping;
  }

  /** Resolves when a part is no longer being kept: it is, or it is not. */
  async kept(part: Part): Promise<void> {
    await this.#byPart.get(partId(part))?.catch(() => {});
  }

  /** Gives up the claims that are held, and waits for what is being kept. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled([...this.#held].map((fill) => fill.abandon()));
    await this.#keeping.settled();
  }

  /** A range of a whole that has changed was read under the claim of the whole, which it cannot fill. */
  async #replaceWhole({ storeId, key }: Part, fill: Fill): Promise<void> {
    await fill.abandon();
    await this.#context.storage.delete(storeId, key).catch(() => {});
  }

  async #commit(
    part: Part,
    fill: Fill,
    { value, exact, facts: { validator, size } }: Extract<Answered, { state: "value" }>,
    { milliseconds, purpose, lifetime: { isKept, ...lifetime } }: Measured,
  ): Promise<void> {
    const { shouldCache, events } = this.#context;
    if (!exact) return fill.pass("inexact");
    if (!isKept) return fill.pass("unwanted");
    try {
      if (shouldCache !== undefined && !shouldCache(part.key, value, milliseconds))
        return await fill.pass("unwanted");
    } catch (error) {
      events.emit("fault", { tier: "store", operation: "shouldCache", error });
      return fill.pass("unwanted");
    }
    const cost = this.#costOf(part, value, milliseconds);
    const facts = { cost, validator, purpose, ...lifetime };
    if (!(await this.#commits.take(() => fill.commit(value, facts)))) return;
    if (value !== undefined) this.ranges.note(part, value.byteLength, validator, size);
    events.emit("fill", { key: part.key, ...rangeDetail(part), bytes: value?.byteLength ?? 0 });
  }

  #costOf(part: Part, value: Uint8Array | undefined, milliseconds: number): number {
    try {
      return this.#cost.of(part.key as Key, value?.byteLength ?? 0, milliseconds);
    } catch (error) {
      this.#context.events.emit("fault", { tier: "store", operation: "cost", error });
      return milliseconds;
    }
  }
}

async function confirm(
  fill: Fill,
  { validator }: CacheHit,
  { age, expiresAt, grace }: Lifetime,
): Promise<void> {
  if (validator === undefined) await fill.abandon();
  else await fill.confirm(validator, { age, expiresAt, grace });
}
