import type { Timers } from "../clock.ts";
import type { ClaimRef, StoreIndex } from "../store-index.ts";

/** A claim or write intent that is to be kept alive. */
export interface Held {
  readonly claim: ClaimRef;
  /** Called once when the claim is found to hold no longer. */
  lost(): void;
}

/** Renews the claims and write intents that this process holds, so that others do not take it for dead. */
export class ClaimKeeper {
  readonly #index: StoreIndex;
  readonly #timers: Timers;
  readonly #held = new Map<string, Held>();
  #timer: unknown;

  constructor(index: StoreIndex, timers: Timers) {
    this.#index = index;
    this.#timers = timers;
  }

  hold(held: Held): void {
    this.#held.set(held.claim.token, held);
    if (this.#timer === undefined && this.#index.lockAge !== Number.POSITIVE_INFINITY) this.#schedule();
  }

  drop(claim: ClaimRef): void {
    this.#held.delete(claim.token);
    if (this.#held.size > 0 || this.#timer === undefined) return;
    this.#timers.clear(this.#timer);
    this.#timer = undefined;
  }

  #schedule(): void {
    const renew = () => void this.#renew();
    this.#timer = this.#timers.set(renew, this.#index.lockAge / 3, { background: true });
  }

  async #renew(): Promise<void> {
    this.#timer = undefined;
    try {
      const lost = await this.#index.renew([...this.#held.values()].map(({ claim }) => claim));
      for (const token of lost) this.#held.get(token)?.lost();
    } catch {
      // The index is away; what was lost meanwhile is refused at the commit.
    }
    if (this.#held.size > 0 && this.#timer === undefined) this.#schedule();
  }
}
