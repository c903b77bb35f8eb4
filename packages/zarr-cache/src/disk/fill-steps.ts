import { type Part, partId, wholeId } from "../part.ts";
import { PINNED } from "../policy.ts";
import type {
  ClaimAnswer,
  ClaimRef,
  ConfirmedFacts,
  EntryFacts,
  FreshWithin,
  IndexEntry,
  ReleaseOutcome,
  Reservation,
} from "../store-index.ts";
import { newToken } from "../token.ts";
import { ENTRY_OVERHEAD } from "./budget.ts";
import {
  claimOn,
  endClaim,
  heldClaim,
  intentsOn,
  isMarked,
  keepFailure,
  markPass,
  putClaim,
  type ReservedCharge,
  recordedClaim,
  takeAway,
} from "./claim-records.ts";
import type { EntryRecord } from "./entry-record.ts";
import { dropRanges } from "./invalidation-steps.ts";
import type { Ledger } from "./ledger.ts";

/** Takes the right to fill a part, or says who has it. */
export function claim(ledger: Ledger, part: Part, fresh: FreshWithin): ClaimAnswer {
  const { storeId, key } = part;
  const id = partId(part);
  if (intentsOn(ledger, storeId, key).size > 0) return { state: "pass", writing: true };
  const entry = findEntry(ledger, part, id);
  if (entry !== undefined && isFresh(entry, fresh, ledger.now)) return { state: "hit", entry };
  if (isMarked(ledger, id)) return { state: "pass", writing: false };
  const held = claimOn(ledger, id);
  if (held !== undefined && ledger.lives(held.renewedAt))
    return held.letsPass === true ? { state: "pass", writing: false } : { state: "wait", token: held.token };
  if (held !== undefined || !ledger.cuts.isEmpty) takeAway(ledger, id);
  const token = newToken(ledger.epoch);
  const { now } = ledger;
  putClaim(ledger, id, { token, claimedAt: now, renewedAt: now, birth: ledger.head.serial });
  return { state: "fill", claim: { token, part, claimedAt: now } };
}

/** Charges the budget for a claim. */
export function reserve(
  ledger: Ledger,
  ref: ClaimRef,
  want: Reservation,
): "reserved" | "full" | "refused" | "lost" {
  const id = partId(ref.part);
  const held = heldClaim(ledger, id, ref.token);
  if (held === undefined) return "lost";
  if (held.reserved !== undefined) return "reserved";
  const { head } = ledger;
  const charge = want.footprint + ENTRY_OVERHEAD;
  const limit = ledger.limit();
  if (want.size > head.maxEntryBytes || charge > limit || head.maxEntries === 0) return "refused";
  const replaces = ledger.visibleEntry(id) !== undefined;
  if (head.charged + charge > limit) return "full";
  if (!replaces && head.entries + head.reserved >= head.maxEntries) return "full";
  ledger.names.charge(ref.token, ref.part.storeId, charge, ENTRY_OVERHEAD);
  putClaim(ledger, id, { ...held, reserved: { charge, weight: want.weight, replaces } });
  if (!replaces) head.reserved++;
  return "reserved";
}

/** Makes the entry of a claim visible. */
export function commit(ledger: Ledger, ref: ClaimRef, facts: EntryFacts): boolean {
  const id = partId(ref.part);
  const { storeId, key } = ref.part;
  const old = ledger.entry(id);
  if (old?.token === ref.token) return !ledger.cuts.hides(id, old.birth);
  const held = heldClaim(ledger, id, ref.token);
  if (held !== undefined && held.reserved === undefined) return false;
  const { head } = ledger;
  // What it was to replace was evicted meanwhile, and others have taken the place.
  const crowded =
    old === undefined && held?.reserved?.replaces === true && head.entries + head.reserved >= head.maxEntries;
  if (held?.reserved === undefined || crowded || intentsOn(ledger, storeId, key).size > 0) {
    giveUp(ledger, id, ref);
    return false;
  }
  endClaim(ledger, id, held);
  const wasPinned = old?.weight === PINNED && !ledger.cuts.hides(id, old.birth);
  if (old !== undefined) ledger.condemnEntry(id, old);
  if (ref.part.range === undefined) dropRanges(ledger, storeId, key);
  const { charge } = held.reserved;
  const { age, ...kept } = facts;
  ledger.addEntry(id, storeId, {
    ...kept,
    token: ref.token,
    fetchedAt: held.claimedAt - age,
    charge,
    weight: weightOf(ledger, held.reserved, wasPinned),
    birth: held.birth,
  });
  return true;
}

/** The weight of what becomes visible: pinned as it was asked for, or as what it replaces was, as far as there is room for pins. */
function weightOf(ledger: Ledger, { charge, weight }: ReservedCharge, wasPinned: boolean): number {
  // JSON has no infinity.
  const wanted = weight ?? PINNED;
  if (wanted !== PINNED && !wasPinned) return wanted;
  if (ledger.head.pinned + charge <= ledger.pinLimit()) return PINNED;
  return wanted === PINNED ? 1 : wanted;
}

/** Gives the entry of exactly this part another weight. */
export function weigh(ledger: Ledger, part: Part, weight: number): "weighed" | "refused" | "absent" {
  const id = partId(part);
  const entry = ledger.visibleEntry(id);
  if (entry === undefined) return "absent";
  if (entry.weight === weight) return "weighed";
  if (weight === PINNED && ledger.head.pinned + entry.charge > ledger.pinLimit()) return "refused";
  ledger.weighEntry(id, entry, weight);
  return "weighed";
}

/** Counts the age of an entry that holds still from the claim on; whether it is there and the claim holds. */
export function confirm(
  ledger: Ledger,
  ref: ClaimRef,
  { token, whole }: Pick<IndexEntry, "token" | "whole">,
  { age, expiresAt, grace }: ConfirmedFacts,
): boolean {
  const own = partId(ref.part);
  const held = heldClaim(ledger, own, ref.token);
  if (held === undefined) return false;
  const id = whole ? wholeId(ref.part) : own;
  const entry = ledger.visibleEntry(id);
  if (entry?.token !== token) return false;
  ledger.renewEntry(id, entry, { fetchedAt: held.claimedAt - age, expiresAt, grace });
  return true;
}

/** Lets nobody wait for a claim, which lives on. */
export function letPass(ledger: Ledger, ref: ClaimRef): void {
  const id = partId(ref.part);
  const held = heldClaim(ledger, id, ref.token);
  if (held !== undefined) putClaim(ledger, id, { ...held, letsPass: true });
}

/** Gives a claim up, held or lost. */
export function release(ledger: Ledger, ref: ClaimRef, outcome: ReleaseOutcome): void {
  const id = partId(ref.part);
  if (giveUp(ledger, id, ref)) {
    if (outcome.passFor !== undefined && outcome.passFor > 0) markPass(ledger, id, outcome.passFor);
    if (outcome.failure !== undefined) keepFailure(ledger, ref.token, outcome.failure);
  }
}

/** The entry that answers a part: its own, or that of the whole. */
export function findEntry(ledger: Ledger, part: Part, id: string): (EntryRecord & IndexEntry) | undefined {
  const own = ledger.visibleEntry(id);
  if (own !== undefined) return { ...own, whole: false };
  if (part.range === undefined) return undefined;
  const whole = ledger.visibleEntry(wholeId(part));
  return whole === undefined ? undefined : { ...whole, whole: true };
}

/** Whether an entry is young enough. An age below zero tells that a clock went back: not fresh. */
export function isFresh(entry: IndexEntry, fresh: FreshWithin, now: number): boolean {
  const age = now - entry.fetchedAt;
  const bound = entry.missing ? fresh.missing : fresh.present;
  return age >= 0 && age <= bound && now < entry.expiresAt;
}

/** Ends a claim and condemns what it reserved, unless that became an entry. Tells whether the claim held. */
function giveUp(ledger: Ledger, id: string, ref: ClaimRef): boolean {
  const held = heldClaim(ledger, id, ref.token);
  if (held !== undefined) {
    endClaim(ledger, id, held);
    ledger.names.condemn(ref.token);
    return true;
  }
  // Revoked, or hidden by a cut that was not worked off: its owner says that it writes no more.
  if (ledger.entry(id)?.token === ref.token) return false;
  const hidden = recordedClaim(ledger, id);
  if (hidden?.token === ref.token) endClaim(ledger, id, hidden);
  ledger.names.condemn(ref.token);
  return false;
}
