import { isZarrCacheError } from "../errors.ts";
import { isUnder } from "../key.ts";
import type { Part } from "../part.ts";
import type { ClaimAnswer, ClaimRef, FreshWithin } from "../store-index.ts";
import { timeSlices } from "../time-slices.ts";
import type { ClaimKeeper } from "./claim-keeper.ts";
import { FillKeeping, type FillKeepingContext } from "./fill-keeping.ts";
import { type FillSteps, IndexedFill } from "./indexed-fill.ts";
import { ReadersFirst } from "./readers-first.ts";

/** What a tier fills with. */
export interface TierFillsContext
  extends Omit<FillKeepingContext, "readers" | "slices" | "reclaim" | "lower"> {
  readonly keeper: ClaimKeeper;
}

/** The fills of one tier in this process: claims them, carries out their steps, and ends them. */
export class TierFills {
  readonly #context: TierFillsContext;
  readonly #steps: FillSteps;
  readonly #fills = new Set<IndexedFill>();
  readonly #readers: ReadersFirst;
  readonly #keeping: FillKeeping;

  constructor(context: TierFillsContext) {
    this.#context = context;
    const readers = new ReadersFirst(context.settings.timers);
    this.#readers = readers;
    const reclaim = () => this.reclaim();
    this.#keeping = new FillKeeping({
      ...context,
      readers,
      slices: timeSlices,
      reclaim,
      lower: () => this.lower(),
    });
    this.#steps = this.#stepsOf(context);
    context.index.onShrink?.(() => context.work.behind(undefined, this.lower()));
  }

  /** Claims within the deadline; a claim that is granted after it is given up at once. */
  async claim(part: Part, fresh: FreshWithin): Promise<ClaimAnswer> {
    const { index, health } = this.#context;
    const answer = index.claim(part, fresh);
    try {
      return await health.within("claim", answer);
    } catch (error) {
      if (isZarrCacheError(error, "DeadlineError"))
        Promise.resolve(answer)
          .then((late) => (late.state === "fill" ? this.#keeping.release(late.claim, {}) : undefined))
          .catch(() => {});
      throw error;
    }
  }

  /** Whether a claim is one of this process that only a late write keeps alive, so that waiting for it is in vain. */
  isStuck(token: string): boolean {
    return this.#keeping.isStuck(token);
  }

  /** Makes the fill of a claim that was granted. */
  begin(claim: ClaimRef): IndexedFill {
    const fill = new IndexedFill(claim, this.#steps);
    this.#fills.add(fill);
    this.#readers.waits(fill);
    this.#context.keeper.hold({ claim, lost: () => fill.lost() });
    return fill;
  }

  /** Tells the fills below a path that they cannot become visible any more. */
  revoke(storeId: string, path: string): void {
    for (const fill of this.#fills) {
      const { part } = fill.claim;
      if (part.storeId === storeId && isUnder(part.key, path)) fill.lost();
    }
  }

  /** Ends the fills of a store, or all. */
  async end(storeId?: string): Promise<void> {
    const own = [...this.#fills].filter(
      ({ claim }) => storeId === undefined || claim.part.storeId === storeId,
    );
    for (const fill of own) fill.lost();
    await Promise.all(own.map((fill) => fill.abandon()));
  }

  /** Deletes what was condemned; a failure is a fault. */
  async reclaim(): Promise<void> {
    const { reclaimer, health } = this.#context;
    try {
      await reclaimer.reclaim();
    } catch (error) {
      health.fault(undefined, "delete", error, health.fills);
    }
  }

  #stepsOf({ index, work, log, health, keeper }: TierFillsContext): FillSteps {
    const keeping = this.#keeping;
    return {
      keepsPrivate: index.scope !== "cluster",
      keep: (claim, ...how) => work.track(claim.part.storeId, keeping.keep(claim, ...how)),
      confirm: (claim, ...how) => work.track(claim.part.storeId, keeping.confirm(claim, ...how)),
      release: (claim, outcome) => work.track(claim.part.storeId, keeping.release(claim, outcome)),
      refused: (part, reason) => log.refused(part, reason),
      fault: (part, operation, error) => health.fault(part.storeId, operation, error, health.fills),
      ending: (fill) => this.#readers.served(fill),
      ended: (fill) => {
        this.#fills.delete(fill);
        keeper.drop(fill.claim);
      },
    };
  }

  /** Evicts down to the low-water mark; a failure is a fault. */
  async lower(): Promise<void> {
    const { reclaimer, health } = this.#context;
    try {
      await reclaimer.makeRoom();
    } catch (error) {
      health.fault(undefined, "evict", error, health.fills);
    }
  }
}
