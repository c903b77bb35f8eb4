import type { Allotment, HolderState } from "./budget-ledger.ts";

/** What a ledger keeps of a holder. */
export interface Holding extends HolderState {
  /** When it settled last, on the ledger's clock. */
  readonly seenAt: number;
}

/** What a ledger knows when a holder settles. */
export interface LedgerView {
  readonly maxBytes: number;
  readonly leaseAge: number;
  readonly now: number;
  /** All holders but the one that settles. */
  readonly others: readonly Holding[];
}

/**
 * Says what a holder may hold and what it shall come down to: the one rule that every ledger follows.
 *
 * As long as there is enough for all, everybody gets what he wants and keeps what he has. When there is not, shares are
 * max-min fair (Bertsekas and Gallager, Data Networks, §6.5.2): who wants less than an equal part gets it, and the rest
 * is divided equally among those who want more. Nobody is given what another still holds.
 */
export function allot(view: LedgerView, { limit, wanted }: HolderState): Allotment {
  const living = view.others.filter(({ seenAt }) => isAlive(view, seenAt));
  const needs = living.reduce((sum, other) => sum + Math.max(other.limit, other.wanted), 0);
  const own = Math.max(limit, wanted);
  if (needs + own <= view.maxBytes) return { limit: own, target: own };
  const demands = living.map((other) => other.wanted);
  const fair = fairShare(view.maxBytes, wanted, demands);
  const free = view.maxBytes - living.reduce((sum, other) => sum + other.limit, 0);
  const granted = Math.max(limit, Math.min(fair, free));
  return { limit: granted, target: Math.min(granted, fair) };
}

/** Whether a holder that was last seen then still counts. Clocks that went back do not make one immortal. */
export function isAlive({ now, leaseAge }: Pick<LedgerView, "now" | "leaseAge">, seenAt: number): boolean {
  return Math.abs(now - seenAt) <= leaseAge;
}

/** The max-min fair share of one demand beside others. */
export function fairShare(total: number, own: number, others: readonly number[]): number {
  let left = total;
  let sharers = others.length + 1;
  for (const demand of [...others].sort((a, b) => a - b)) {
    const equal = left / sharers;
    if (demand >= equal) return Math.min(own, Math.floor(equal));
    if (own <= demand) return own;
    left -= demand;
    sharers--;
  }
  return Math.min(own, left);
}
