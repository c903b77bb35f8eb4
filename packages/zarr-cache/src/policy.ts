import { InvalidOptionError } from "./errors.ts";

/**
 * Decides which entry goes first: the one with the lowest rank.
 *
 * This file is the specification. The indexes call it, and every other form of it (a script in a database) is held
 * equal to it by replaying the same uses on both.
 *
 * `gdsf` is Greedy-Dual-Size-Frequency (Cherkasova, HPL-98-69R1, 1998) with the source's time as the cost:
 *
 *     rank = floor + weight × uses × cost / charge
 *
 * `floor` (L in the paper) becomes the rank of what was evicted last, so entries that are not used sink against
 * newcomers without ever being touched. Of equal ranks the one that was used longest ago goes first. `lru` ranks by the time of the last use alone.
 *
 * Under every policy, {@link rankOf} has the last word: what is pinned ranks above all else. And {@link usedWeight} ends
 * the low weight of what was only prefetched at its first use.
 */
export type Policy = (use: Use) => number;

/** What a policy knows of an entry at the moment of a use. */
export interface Use {
  /** Uses so far: 1 when the entry is admitted, one more for each hit. */
  readonly uses: number;
  /** Milliseconds that the source takes. */
  readonly cost: number;
  /** Bytes charged to the budget, overhead included; at least 1. */
  readonly charge: number;
  /** Above 1 for what should go last, below 1 for what should go first until it is used; {@link PINNED} is not asked about. */
  readonly weight: number;
  /** Rank of what was evicted last. */
  readonly floor: number;
  /** Counts uses of the whole index; later uses have larger ticks. */
  readonly tick: number;
}

/** Names a policy, or is one. A function is called on every use and must be pure and monotonic in `floor`. */
export type PolicyOption = "gdsf" | "lru" | Policy;

const LEAST_COST = 0.001;
const MOST_COST = 86_400_000;

/** Greedy-Dual-Size-Frequency with cost. Costs are clamped to 1 µs … 1 day. */
export const gdsf: Policy = ({ uses, cost, charge, weight, floor }) =>
  floor + (weight * uses * Math.min(Math.max(cost, LEAST_COST), MOST_COST)) / charge;

/** Least recently used. */
export const lru: Policy = ({ tick }) => tick;

/** Weight of what is pinned: it goes only where more is pinned than may be. */
export const PINNED: number = Number.POSITIVE_INFINITY;

/** The rank of an entry as of a use. Only what is pinned has an infinite one, whatever the policy says. */
export function rankOf(policy: Policy, use: Use): number {
  return use.weight === PINNED ? Number.POSITIVE_INFINITY : Math.min(policy(use), Number.MAX_VALUE);
}

/** The weight of an entry once it was used: a weight below 1 is that of something nobody has asked for yet. */
export function usedWeight(weight: number): number {
  return Math.max(weight, 1);
}

/** Resolves the option `policy`. */
export function parsePolicy(option: string, policy: PolicyOption | undefined): Policy {
  if (policy === undefined || policy === "gdsf") return gdsf;
  if (policy === "lru") return lru;
  if (typeof policy === "function") return policy;
  throw new InvalidOptionError(option, policy, '"gdsf", "lru", or a function (use) => rank');
}

/** Above this floor ranks lose precision; indexes subtract it from every rank at once. */
export const REBASE_FLOOR: number = 2 ** 20;
