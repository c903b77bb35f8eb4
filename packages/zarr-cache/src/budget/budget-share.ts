import type { Timers } from "../clock.ts";
import type { BudgetLedger } from "./budget-ledger.ts";

/** What a share is drawn for. */
export interface BudgetShareOptions {
  readonly ledger: BudgetLedger;
  /** Names this holder; no two are called the same. */
  readonly holder: string;
  /** Most bytes that this holder ever takes. */
  readonly most: number;
  readonly timers: Timers;
  /** Bytes that are in use now. */
  charged(): number;
  /** Told that more is in use than may be: evict. */
  onShrink(): void;
  /** Told that the ledger could not be reached; once, until it has answered again. */
  onFault(error: unknown): void;
}

/** A share grows by at least this part of what there is, so that it is not asked for byte by byte. */
const STEPS = 64;

/**
 * One process's share of a budget that a ledger divides: what it may use at the moment.
 *
 * It starts with little, grows when something did not fit, and comes down when others are short. While the ledger cannot
 * be reached it stays as it is, though not for as long as the ledger waits before it gives the share to others.
 */
export class BudgetShare {
  readonly #options: BudgetShareOptions;
  #limit = 0;
  /** Whether the ledger still counts more for this holder than it may use. */
  #owes = false;
  /** What was asked for last. */
  #wanted = 0;
  /** Whether the ledger gave less than was wanted; it is not asked for more before the next renewal. */
  #isExhausted = false;
  /** Most bytes that did not fit at once since the last answer. */
  #missed = 0;
  #opening: Promise<void> | undefined;
  #settling: Promise<void> | undefined;
  #isUnreachable = false;
  #renewal: unknown;
  #expiry: unknown;
  #closed = false;

  constructor(options: BudgetShareOptions) {
    this.#options = options;
  }

  /** Bytes that may be used now. */
  get limit(): number {
    return this.#limit;
  }

  /** Opens the ledger and draws the first share, once; rejects, to be tried again, when the ledger cannot be used. */
  open(): Promise<void> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  /**
   * Tells that so many more bytes do not fit, and asks for them; resolves with the answer. Answers `undefined` when there
   * is nothing to be had at the moment; then they are asked for at the next renewal.
   */
  missed(bytes: number): Promise<void> | undefined {
    this.#missed = Math.max(this.#missed, bytes);
    return this.#closed || this.#isExhausted || this.#limit >= this.#options.most
      ? undefined
      : this.settled();
  }

  /** Tells that less is in use; what is owed is given back as soon as it can be. */
  freed(): void {
    if (this.#owes && !this.#closed && this.#options.charged() <= this.#limit) void this.settled();
  }

  /** Settles with the ledger; those who ask meanwhile wait for the same answer. Never rejects. */
  settled(): Promise<void> {
    this.#settling ??= this.#settle()
      .catch((error: unknown) => this.#fault(error))
      .finally(() => {
        this.#settling = undefined;
        this.freed();
      });
    return this.#settling;
  }

  /** Gives everything back. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.timers.clear(this.#renewal);
    this.#options.timers.clear(this.#expiry);
    await this.#settling;
    const { ledger, holder } = this.#options;
    try {
      await ledger.leave(holder);
    } catch (error) {
      // The lease runs out by itself.
      this.#fault(error);
    }
    await ledger.close();
  }

  async #open(): Promise<void> {
    await this.#options.ledger.open();
    await this.settled();
    this.#renew();
  }

  async #settle(): Promise<void> {
    const { ledger, holder, most, charged, onShrink } = this.#options;
    const inUse = charged();
    const step = Math.max(Math.floor(ledger.maxBytes / STEPS), this.#missed);
    // Who has to evict could use twice as much, or all if others want it too; who has not, a little more than there is.
    const more = this.#isExhausted ? most : Math.max(2 * this.#limit, inUse + step);
    // A want fades and does not end at once: what was refused is not tried again for a while.
    const useful = this.#missed > 0 ? more : Math.max(inUse + step, this.#wanted / 2);
    this.#missed = 0;
    // What is in use is there, whatever the ledger says.
    const limit = Math.max(this.#limit, inUse);
    const wanted = Math.min(most, Math.floor(useful));
    this.#wanted = wanted;
    const answer = await ledger.settle(holder, { limit, wanted });
    if (this.#closed) return;
    this.#isUnreachable = false;
    this.#expect();
    this.#limit = Math.min(most, answer.target);
    this.#isExhausted = this.#limit < wanted;
    this.#owes = answer.limit > this.#limit;
    if (charged() > this.#limit) onShrink();
  }

  #renew(): void {
    const { ledger, timers } = this.#options;
    const again = () => {
      if (!this.#closed) this.#renew();
    };
    this.#renewal = timers.set(() => void this.settled().then(again), ledger.leaseAge / 3, {
      background: true,
    });
  }

  /** Two thirds of the lease after an answer nothing may be used any more, so that nobody is given it too early. */
  #expect(): void {
    const { ledger, timers, onShrink } = this.#options;
    timers.clear(this.#expiry);
    const expire = () => {
      this.#limit = 0;
      onShrink();
    };
    this.#expiry = timers.set(expire, (ledger.leaseAge * 2) / 3, { background: true });
  }

  #fault(error: unknown): void {
    if (!this.#isUnreachable) this.#options.onFault(error);
    this.#isUnreachable = true;
  }
}
