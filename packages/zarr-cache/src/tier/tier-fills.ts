import { isZarrCacheError } from "../errors.ts";
import { isUnder } from "../key.ts";
import type { Part } from "../part.ts";
import type { ClaimAnswer, ClaimRef, FreshWithin } from "../store-index.ts";
import type { ClaimKeeper } from "./claim-keeper.ts";
import { FillKeeping, type FillKeepingContext } from "./fill-keeping.ts";
import { IndexedFill, type IndexedFillContext } from "./indexed-fill.ts";
import { ReadersFirst } from "./readers-first.ts";

/** What a tier fills with. */
export interface TierFillsContext extends Omit<FillKeepingContext, "readers"> {
  readonly keeper: ClaimKeeper;
}

/** The fills of one tier in this process: claims them, and ends them. */
export class TierFills {
  readonly #context: TierFillsContext;
  readonly #fills = new Set<IndexedFill>();
  readonly #readers: ReadersFirst;
  readonly #keeping: FillKeeping;
  readonly #own: IndexedFillContext;

  constructor(context: TierFillsContext) {
    this.#context = context;
    this.#readers = new ReadersFirst(context.settings.timers);
    this.#keeping = new FillKeeping({ ...context, readers: this.#readers });
    this.#own = { ...context, keeping: this.#keeping, readers: this.#readers, fills: this.#fills };
    context.index.onShrink?.(() => context.work.behind(undefined, context.reclaimer.lowerOrFault()));
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
    const fill = new IndexedFill(claim, this.#own);
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
}
