import { Breaker } from "../breaker.ts";
import type { Timers } from "../clock.ts";
import { withDeadline } from "../deadline.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import type { TierLog } from "./tier-log.ts";

/** Options of {@link TierHealth}. */
export interface TierHealthOptions {
  /** Milliseconds that a call may take. */
  readonly deadline: number;
  readonly timers: Timers;
  /** Monotonic milliseconds. */
  readonly monotonic: () => number;
  readonly log: TierLog;
}

/** Calls that move many bytes, or that are acknowledged only once they are on disk, may take so many deadlines. */
const PATIENCE = 20;
/** A write may take so many deadlines before it is slow. */
const SLOW = 2;

/**
 * Keeps a sick tier from disturbing reads: every call has a deadline, every fault is counted and reported, and after
 * some in a row the tier is skipped for a while. Reading and filling fail separately: a full disk still reads. So does
 * hearing what others invalidate, without which only the copies above are not to be trusted.
 */
export class TierHealth {
  readonly #options: TierHealthOptions;
  readonly reads: Breaker;
  readonly fills: Breaker;
  /** Of hearing what other processes invalidate. */
  readonly changes: Breaker;

  constructor(options: TierHealthOptions) {
    this.#options = options;
    const { log, monotonic: clock } = options;
    const onChange = (state: Breaker["state"]) => log.events.emit("breaker", { tier: log.tier, state });
    const make = () => new Breaker({ clock, onChange });
    this.reads = make();
    this.fills = make();
    this.changes = make();
  }

  get sick(): boolean {
    return [this.reads, this.fills, this.changes].some(({ state }) => state !== "closed");
  }

  /** Counts and reports a fault of the tier. */
  fault(storeId: string | undefined, operation: string, error: unknown, breaker?: Breaker): void {
    breaker?.failed();
    this.#options.log.fault(storeId, operation, error);
  }

  /** Waits for an answer within the deadline. Rejections are for the caller to count. */
  within<T>(what: string, answer: MaybePromise<T>): MaybePromise<T> {
    return this.#wait(what, this.#options.deadline, answer);
  }

  /** Milliseconds after which nobody waits for work in the background; longer than any call of it may take. */
  get patience(): number {
    return 2 * PATIENCE * this.#options.deadline;
  }

  /** Milliseconds after which others no longer wait for a fill whose bytes are still being written. */
  get slowness(): number {
    return SLOW * this.#options.deadline;
  }

  /** As {@link within}, with twenty times the patience. */
  atLength<T>(what: string, answer: MaybePromise<T>): MaybePromise<T> {
    return this.#wait(what, PATIENCE * this.#options.deadline, answer);
  }

  #wait<T>(what: string, milliseconds: number, answer: MaybePromise<T>): MaybePromise<T> {
    return withDeadline(`${this.#options.log.tier} ${what}`, milliseconds, this.#options.timers, answer);
  }
}
