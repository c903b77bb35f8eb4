import type { Timers } from "../clock.ts";
import { withDeadline } from "../deadline.ts";
import type { ClaimRef, StoreIndex } from "../store-index.ts";

/** A claim or write intent that is to be kept alive. */
export interface Held {
  readonly claim: ClaimRef;
  /** Called once when the claim is found to hold no longer. */
  lost(): void;
}

/** Renewals that are due in the age at which a claim is taken for dead. */
const RENEWALS = 3;
/** The first pause after a renewal that failed is so small a part of the usual one; each further one is twice as long. */
const HURRY = 32;

/**
 * Renews the claims and write intents that this process holds, so that others do not take it for dead. A renewal that
 * fails, or is not answered by the time of the next, is tried again soon: until others take the claims over, they hold.
 */
export class ClaimKeeper {
  readonly #index: Pick<StoreIndex, "renew" | "lockAge">;
  readonly #timers: Timers;
  readonly #held = new Map<string, Held>();
  #timer: unknown;
  #isRenewing = false;
  /** Renewals in a row that failed. */
  #failed = 0;

  constructor(index: Pick<StoreIndex, "renew" | "lockAge">, timers: Timers) {
    this.#index = index;
    this.#timers = timers;
  }

  hold(held: Held): void {
    this.#held.set(held.claim.token, held);
    this.#schedule();
  }

  drop(claim: ClaimRef): void {
    this.#held.delete(claim.token);
    if (this.#held.size > 0) return;
    this.#failed = 0;
    if (this.#timer === undefined) return;
    this.#timers.clear(this.#timer);
    this.#timer = undefined;
  }

  get #interval(): number {
    return this.#index.lockAge / RENEWALS;
  }

  #schedule(): void {
    if (this.#isRenewing || this.#timer !== undefined || this.#held.size === 0) return;
    if (this.#interval === Number.POSITIVE_INFINITY) return;
    const hurry = this.#failed === 0 ? 1 : Math.min(1, 2 ** (this.#failed - 1) / HURRY);
    const renew = () => void this.#renew();
    this.#timer = this.#timers.set(renew, this.#interval * hurry, { background: true });
  }

  async #renew(): Promise<void> {
    this.#timer = undefined;
    this.#isRenewing = true;
    try {
      const answer = this.#index.renew([...this.#held.values()].map(({ claim }) => claim));
      const lost = await withDeadline("renewal of claims", this.#interval, this.#timers, answer);
      this.#failed = 0;
      for (const token of lost) this.#held.get(token)?.lost();
    } catch {
      // The index is away; what was lost meanwhile is refused at the commit.
      this.#failed++;
    } finally {
      this.#isRenewing = false;
    }
    this.#schedule();
  }
}
