import { CacheUnavailableError } from "../errors.ts";
import { isPromise, type MaybePromise } from "../maybe-promise.ts";
import type { Invalidation, WriteIntent } from "../storage.ts";
import type { ClaimRef, StoreIndex } from "../store-index.ts";
import type { BackgroundWork } from "./background-work.ts";
import type { ClaimKeeper } from "./claim-keeper.ts";
import type { Reclaimer } from "./reclaimer.ts";
import type { TierFills } from "./tier-fills.ts";
import type { TierHealth } from "./tier-health.ts";
import type { TierLog } from "./tier-log.ts";
import type { TierOpening } from "./tier-opening.ts";
import type { TierSettings } from "./tier-options.ts";

/** What a tier is changed with. */
export interface TierChangesContext {
  readonly index: StoreIndex;
  readonly opening: TierOpening;
  readonly health: TierHealth;
  readonly log: TierLog;
  readonly keeper: ClaimKeeper;
  readonly fills: TierFills;
  readonly reclaimer: Pick<Reclaimer, "reclaimOrFault">;
  readonly work: BackgroundWork;
  readonly settings: Pick<TierSettings, "timers">;
}

/** Milliseconds after which a write intent that could not be closed is closed, at the latest. */
const CLOSE_AGAIN_AFTER = 5_000;

/** The changes of a tier that its index must hear of, or that do not happen: invalidations and writes. */
export class TierChanges {
  readonly #context: TierChangesContext;

  constructor(context: TierChangesContext) {
    this.#context = context;
  }

  invalidate(storeId: string, path: string): Promise<void> {
    return this.#change("invalidate", storeId, path, () => this.#context.index.invalidate(storeId, path));
  }

  deleteStore(storeId: string): Promise<void> {
    return this.#change("deleteStore", storeId, "/", () => this.#context.index.deleteStore(storeId));
  }

  async openWrite(storeId: string, key: string): Promise<WriteIntent> {
    const { index, keeper } = this.#context;
    const intent = await this.#change("write", storeId, key, () => index.openWrite(storeId, key));
    keeper.hold({ claim: intent, lost: () => {} });
    return { close: (value) => this.#closeWrite(intent, value) };
  }

  /** Tells the fills and the listeners of this process that copies were dropped. */
  dropped(invalidation: Invalidation): void {
    this.#context.fills.revoke(invalidation.storeId, invalidation.path);
    this.#context.log.events.emit("invalidate", invalidation);
  }

  /** Tells them that all copies were. */
  droppedAll(): void {
    for (const storeId of this.#context.log.storeIds()) this.dropped({ storeId, path: "/", elsewhere: true });
  }

  /** Closes a write intent; one that cannot be closed now is closed later, since others must hear of it. */
  async #closeWrite(intent: ClaimRef, value: Uint8Array | undefined): Promise<void> {
    const { index, opening, keeper, settings, work, fills } = this.#context;
    const { storeId, key } = intent.part;
    keeper.drop(intent);
    const close = (keep: boolean) =>
      this.#change("write", storeId, key, () => index.closeWrite(intent, keep), true);
    let kept: ClaimRef | undefined;
    try {
      kept = await close(value !== undefined);
    } catch (error) {
      const again = () => {
        if (!opening.isClosed) work.behind(storeId, close(false));
      };
      settings.timers.set(again, Math.min(index.lockAge, CLOSE_AGAIN_AFTER), { background: true });
      throw error;
    }
    if (kept === undefined || value === undefined) return;
    const age = Math.max(0, kept.claimedAt - intent.claimedAt);
    await fills.begin(kept).commit(value, { age });
  }

  /** Changes the index, then tells the fills and listeners of this process. With an index in memory, all in this turn. */
  async #change<T>(
    operation: string,
    storeId: string,
    path: string,
    change: () => MaybePromise<T>,
    begun = false,
  ): Promise<T> {
    const { opening, health, work, reclaimer } = this.#context;
    opening.assertUsable();
    let result: T;
    try {
      if (!opening.isOpen) await health.atLength("open", opening.opened());
      const answer = health.atLength(operation, change());
      result = isPromise(answer) ? await answer : answer;
    } catch (error) {
      health.fault(storeId, operation, error, health.fills);
      throw new CacheUnavailableError(`${operation} of ${path}`, error, begun);
    }
    this.dropped({ storeId, path, elsewhere: false });
    work.behind(storeId, reclaimer.reclaimOrFault());
    return result;
  }
}
