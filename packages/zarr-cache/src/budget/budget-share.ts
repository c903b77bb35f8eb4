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
  /** Told that less may be used than is: evict. */
  onShrink(): void;
  /** Told that the ledger cannot be reached. */
  onFault(error: unknown): void;
}

/** A share grows by at least this part of what there is, so that it is not asked for byte by byte. */
const STEPS = 64;

/**
 * One process's share of a budget that a ledger divides: what it may use at the moment.
 *
 * It starts with nothing, grows when something did not fit, and comes down when others are short. As long as the ledger
 * cannot be reached it keeps to what it has; not for longer than the ledger waits, since others may be given it then.
 */
export class BudgetShare {
  readonly #options: BudgetShareOptions;
  #limit = 0;
  /** Bytes that would have been used had there been more; 0 when all fitted. */
  #missed = 0;
  #settling: Promise<void> | undefined;
  #timer: unknown;
  #expiry: unknown;
  #closed = false;

  constructor(options: BudgetShareOptions) {
    this.#options = options;
  }

  /** Bytes that may be used now. */
  get limit(): number {
    return this.#limit;
  }

  /** Opens the ledger and draws the first share. */
  async open(): Promise<void> {
    await this.#options.ledger.open();
    await this.#settle();
    this.#renew();
  }

  /** Tells that so many more bytes did not fit; asks for them behind the scenes. */
  missed(bytes: number): void {
    this.#missed = Math.max(this.#missed, bytes);
    if (!this.#closed && this.#limit < this.#options.most) void this.settled();
  }

  /** Settles with the ledger; those who ask meanwhile wait for the same answer. Never rejects. */
  settled(): Promise<void> {
    this.#settling ??= this.#settle()
      .catch((error: unknown) => this.#options.onFault(error))
      .finally(() => {
        this.#settling = undefined;
      });
    return this.#settling;
  }

  /** Gives everything back. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#options.timers.clear(this.#timer);
    this.#options.timers.clear(this.#expiry);
    await this.#settling;
    try {
      await this.#options.ledger.leave(this.#options.holder);
    } finally {
      await this.#options.ledger.close();
    }
  }

  async #settle(): Promise<void> {
    const { ledger, holder, most } = this.#options;
    const step = Math.max(Math.floor(ledger.maxBytes / STEPS), this.#missed);
    const isShort = this.#missed > 0;
    this.#missed = 0;
    const charged = this.#options.charged();
    // Who had to evict could use twice as much; who did not gets by with a little more than there is.
    const wanted = Math.min(most, isShort ? Math.max(2 * this.#limit, charged + step) : charged + step);
    // Never less than what is charged, since it is there whatever the ledger says.
    const answer = await ledger.settle(holder, { limit: Math.max(this.#limit, charged), wanted });
    if (this.#closed) return;
    this.#expect();
    this.#limit = Math.min(most, answer.target);
    if (this.#options.charged() > this.#limit) this.#options.onShrink();
  }

  #renew(): void {
    const { ledger, timers } = this.#options;
    this.#timer = timers.set(
      () => void this.settled().then(() => !this.#closed && this.#renew()),
      ledger.leaseAge / 3,
      { background: true },
    );
  }

  /** Others may be given this share once the lease has run out, so it is not used any longer. */
  #expect(): void {
    const { ledger, timers } = this.#options;
    timers.clear(this.#expiry);
    this.#expiry = timers.set(
      () => {
        this.#limit = 0;
        this.#options.onShrink();
      },
      ledger.leaseAge,
      { background: true },
    );
  }
}
