import type { MaybePromise } from "../maybe-promise.ts";

/**
 * Divides one budget among the processes that draw from it: those of a machine, or of a cluster.
 *
 * Each process is a *holder* with a limit that it keeps to by itself. The sum of all limits never exceeds the budget: a
 * limit grows only by what nobody holds, and what a holder is to give back is free only once it says that it has. A
 * holder that does not settle for `leaseAge` is taken for dead, and its limit is free again. One that was only stopped
 * finds on its return that it holds nothing, and learns what it may hold now.
 */
export interface BudgetLedger {
  /** Bytes that all holders may hold together. */
  readonly maxBytes: number;
  /** Milliseconds after which a holder that has not settled is taken for dead. */
  readonly leaseAge: number;

  /** Connects. Throws when the ledger can never be used. Idempotent. */
  open(): MaybePromise<void>;

  /**
   * Tells what a holder holds and wants, and that it lives; answers what it may hold. Repeating it does no harm.
   * A rejection means that the outcome is unknown: the holder keeps to its present limit and asks again.
   */
  settle(holder: string, state: HolderState): MaybePromise<Allotment>;

  /** Gives back all that a holder held. */
  leave(holder: string): MaybePromise<void>;

  /** Disconnects. What is held stays held until it is given back or its holder counts as dead. */
  close(): MaybePromise<void>;
}

/** What a holder tells the ledger. */
export interface HolderState {
  /** Bytes that it keeps to from now on; at least what it has charged. */
  readonly limit: number;
  /** Bytes that it could use. */
  readonly wanted: number;
}

/** What the ledger answers. */
export interface Allotment {
  /** Bytes that the holder may use at once; never less than it said that it keeps to. */
  readonly limit: number;
  /** Bytes that it shall come down to, since others are short; equal to `limit` when there is nothing to give back. */
  readonly target: number;
}
