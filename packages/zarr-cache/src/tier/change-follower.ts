import { isPromise, type MaybePromise } from "../maybe-promise.ts";
import type { Changes, FollowedChanges, StoreIndex } from "../store-index.ts";
import type { TierChanges } from "./tier-changes.ts";
import type { TierHealth } from "./tier-health.ts";
import type { TierOpening } from "./tier-opening.ts";

/** What following needs of its tier. */
export interface ChangeFollowerContext {
  readonly index: StoreIndex;
  readonly opening: TierOpening;
  readonly health: TierHealth;
  readonly changes: Pick<TierChanges, "dropped" | "droppedAll">;
}

/** Follows what other processes invalidate in a shared index, for the tiers above that keep copies. */
export class ChangeFollower implements FollowedChanges {
  readonly #context: ChangeFollowerContext;
  /** How far it has heard. */
  #cursor: number | undefined;
  losses = 0;

  constructor(context: ChangeFollowerContext) {
    this.#context = context;
  }

  /**
   * Tells what came since the last call. False when that is not known within the deadline, so that copies held above may
   * be out of date; while the index has failed several times in a row, at once.
   */
  catchUp(): MaybePromise<boolean> {
    const { index, opening, health } = this.#context;
    if (!tellsChanges(index)) return true;
    if (!health.changes.admits()) return false;
    try {
      const ask = () => index.changes(this.#cursor);
      const changes = opening.isOpen ? ask() : opening.opened().then(ask);
      if (!isPromise(changes)) return this.#heard(changes);
      return Promise.resolve(health.within("changes", changes)).then(
        (it) => this.#heard(it),
        (error) => this.#unheard(error),
      );
    } catch (error) {
      return this.#unheard(error);
    }
  }

  #unheard(error: unknown): false {
    const { health } = this.#context;
    health.fault(undefined, "changes", error, health.changes);
    return false;
  }

  #heard(changes: Changes): true {
    const { health, changes: tier } = this.#context;
    health.changes.succeeded();
    if (changes.cursor === this.#cursor) return true;
    const isFirst = this.#cursor === undefined;
    this.#cursor = changes.cursor;
    // Nothing was copied from below before the first time.
    if (isFirst) return true;
    if (changes.lost) {
      this.losses++;
      tier.droppedAll();
    } else for (const { storeId, path } of changes.paths) tier.dropped({ storeId, path, elsewhere: true });
    return true;
  }
}

function tellsChanges(index: StoreIndex): index is StoreIndex & Required<Pick<StoreIndex, "changes">> {
  return index.changes !== undefined;
}
