import { Breaker } from "../breaker.ts";
import type { Timers } from "../clock.ts";
import { withDeadline } from "../deadline.ts";
import { DeadlineError } from "../errors.ts";
import type { Emitter } from "../events.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import type { StorageEvents } from "../storage.ts";
import type { TierCounters } from "../tier-statistics.ts";

/** Options of {@link TierHealth}. */
export interface TierHealthOptions {
  readonly tier: string;
  /** Milliseconds that a call may take. */
  readonly deadline: number;
  readonly timers: Timers;
  /** Monotonic milliseconds. */
  readonly monotonic: () => number;
  readonly events: Emitter<StorageEvents>;
  readonly totals: TierCounters;
}

const THRESHOLD = 5;
const COOL_DOWN = 5_000;

/**
 * Keeps a sick tier from disturbing reads: every call has a deadline, every fault is counted and reported, and after
 * some in a row the tier is skipped for a while. Reading and filling fail separately: a full disk still reads.
 */
export class TierHealth {
  readonly #options: TierHealthOptions;
  readonly reads: Breaker;
  readonly fills: Breaker;

  constructor(options: TierHealthOptions) {
    this.#options = options;
    const { tier, events, monotonic: clock } = options;
    const breaker = () =>
      new Breaker({
        threshold: THRESHOLD,
        coolDown: COOL_DOWN,
        clock,
        onChange: (state) => events.emit("breaker", { tier, state }),
      });
    this.reads = breaker();
    this.fills = breaker();
  }

  get sick(): boolean {
    return this.reads.state !== "closed" || this.fills.state !== "closed";
  }

  /** Counts and reports a fault of the tier. */
  fault(operation: string, error: unknown, breaker?: Breaker): void {
    breaker?.failed();
    this.#options.totals.faults++;
    this.#options.events.emit("fault", { tier: this.#options.tier, operation, error });
  }

  /** Waits for an answer within the deadline. Rejections are for the caller to count. */
  within<T>(what: string, answer: MaybePromise<T>): MaybePromise<T> {
    return withDeadline(
      `${this.#options.tier} ${what}`,
      this.#options.deadline,
      this.#options.timers,
      answer,
    );
  }

  /** As {@link within}, for calls that move many bytes: twenty times the deadline. */
  atLength<T>(what: string, answer: MaybePromise<T>): MaybePromise<T> {
    return withDeadline(
      `${this.#options.tier} ${what}`,
      20 * this.#options.deadline,
      this.#options.timers,
      answer,
    );
  }
}

/** Whether a failure is that of waiting too long. */
export function isLate(error: unknown): boolean {
  return error instanceof DeadlineError;
}
