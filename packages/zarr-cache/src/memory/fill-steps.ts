import { type Part, rangeIdOf } from "../part.ts";
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
import { MemoryClaim } from "./claim-book.ts";
import { type Ledger, MEMORY_ENTRY_OVERHEAD } from "./ledger.ts";
import * as Field from "./slot-fields.ts";

/** Takes the right to fill a part, or says who has it. */
export function claim(ledger: Ledger, part: Part, fresh: FreshWithin): ClaimAnswer {
  const { slots, residents, book } = ledger;
  const now = ledger.clock();
  const range = rangeIdOf(part);
  const hash = slots.hash(part.key, range);
  const old = residents.find(part, range, hash);
  if (old >= 0) {
    const entry = residents.entry(old, part);
    if (isFresh(entry, fresh, now)) {
      residents.use(old, now);
      return { state: "hit", entry };
    }
  }
  const space = residents.space(part.storeId);
  const held = space.findClaim(part.key, range, hash);
  if (held >= 0) {
    const { token, letsPass } = book.of(held);
    return letsPass ? { state: "pass", writing: false } : { state: "wait", token };
  }
  if (ledger.intents.cover(part)) return { state: "pass", writing: true };
  if (ledger.passes.has(part, now)) return { state: "pass", writing: false };
  const slot = space.claim(part.key, range, hash);
  const claim = new MemoryClaim(slots, slot, part, now, old >= 0 || residents.hides);
  book.add(claim);
  return { state: "fill", claim };
}

/** Charges the budget for a claim, if there is room. */
export function reserve(
  ledger: Ledger,
  ref: ClaimRef,
  want: Reservation,
): "reserved" | "full" | "refused" | "lost" {
  const { slots, residents, charges, bounds } = ledger;
  const claim = ledger.book.resolve(ref);
  if (claim?.live !== true) return "lost";
  if (claim.charge > 0) return "reserved";
  const charge = want.footprint + MEMORY_ENTRY_OVERHEAD;
  if (want.size > bounds.maxEntryBytes || charge > bounds.maxBytes || bounds.maxEntries < 1) return "refused";
  if (charges.total + charge > ledger.limit) return "full";
  if (residents.size + charges.reservations >= bounds.maxEntries) return "full";
  claim.reservation = want;
  claim.charge = charge;
  slots.setNumber(claim.slot, Field.charge, charge);
  charges.reservations++;
  charges.add(slots.space(claim.slot), charge);
  return "reserved";
}

/** Makes the entry visible if the claim still holds and is reserved; whether it is. */
export function commit(ledger: Ledger, ref: ClaimRef, facts: EntryFacts): boolean {
  const { residents, charges, book } = ledger;
  const claim = book.resolve(ref);
  if (claim === undefined) return residents.holder(ref.part, ref.token) >= 0;
  const { part, slot, reservation } = claim;
  if (!claim.live || reservation === undefined || ledger.intents.cover(part)) return false;
  const space = ledger.slots.space(slot);
  // Only a claim makes an entry, and a part has one at a time: what was not there at the claim is not there now.
  const old = claim.overOld ? space.find(part.key, rangeIdOf(part)) : -1;
  const wasPinned = old >= 0 && residents.isPinned(old) && residents.isVisible(old);
  if (old >= 0) ledger.condemn(old);
  // A whole value answers every range, so older ranges would only hide it.
  if (part.range === undefined) for (const range of space.ranges(part.key)) ledger.condemn(range);
  charges.reservations--;
  book.commit(claim);
  if (claim.askedToken !== undefined) ledger.slots.keepToken(slot, claim.askedToken);
  residents.insert(slot, facts, weightOf(ledger, claim, reservation, wasPinned), claim.claimedAt);
  return true;
}

/** The weight of what becomes visible: pinned as it was asked for, or as what it replaces was, as far as there is room for pins. */
function weightOf(
  ledger: Ledger,
  { charge }: MemoryClaim,
  { weight }: Reservation,
  wasPinned: boolean,
): number {
  if (weight !== PINNED && !wasPinned) return weight;
  const fits = ledger.residents.pinnedBytes + charge <= ledger.pinLimit;
  return fits ? PINNED : weight === PINNED ? 1 : weight;
}

/** Gives the entry of exactly this part another weight. */
export function weigh(ledger: Ledger, part: Part, weight: number): "weighed" | "refused" | "absent" {
  const { slots, residents } = ledger;
  const slot = residents.find(part);
  if (slot < 0 || slots.range(slot) !== rangeIdOf(part)) return "absent";
  if (slots.number(slot, Field.weight) === weight) return "weighed";
  const isTooMuch = residents.pinnedBytes + slots.number(slot, Field.charge) > ledger.pinLimit;
  if (weight === PINNED && isTooMuch) return "refused";
  residents.weigh(slot, weight);
  return "weighed";
}

/** Counts the age of an entry that holds still from the claim on; whether it is there and the claim holds. */
export function confirm(
  ledger: Ledger,
  ref: ClaimRef,
  { token, whole }: Pick<IndexEntry, "token" | "whole">,
  { age, expiresAt, grace }: ConfirmedFacts,
): boolean {
  const { slots, residents } = ledger;
  const claim = ledger.book.resolve(ref);
  if (claim?.live !== true) return false;
  const { part } = claim;
  const slot = residents.holder(whole ? { storeId: part.storeId, key: part.key } : part, token);
  if (slot < 0 || !residents.isVisible(slot)) return false;
  slots.setNumber(slot, Field.fetchedAt, claim.claimedAt - age);
  slots.setNumber(slot, Field.expiresAt, expiresAt);
  slots.extras.setGrace(slot, grace);
  return true;
}

/** Lets nobody wait for a claim, which lives on. */
export function letPass({ book }: Ledger, ref: ClaimRef): void {
  const claim = book.resolve(ref);
  if (claim?.live === true) book.letPass(claim);
}

/** Gives a claim up. */
export function release(ledger: Ledger, ref: ClaimRef, outcome: ReleaseOutcome): void {
  const { slots, charges } = ledger;
  const claim = ledger.book.resolve(ref);
  if (claim === undefined) return;
  claim.failure = outcome.failure;
  if (claim.live && outcome.passFor !== undefined && outcome.passFor > 0) {
    const now = ledger.clock();
    ledger.passes.add(claim.part, now + outcome.passFor, now);
  }
  if (claim.live && claim.charge > 0) charges.reservations--;
  ledger.book.release(claim);
  if (claim.charge > 0) charges.condemn(claim.slot);
  else slots.release(claim.slot);
}

function isFresh(entry: IndexEntry, fresh: FreshWithin, now: number): boolean {
  const age = now - entry.fetchedAt;
  return age >= 0 && age <= (entry.missing ? fresh.missing : fresh.present) && now < entry.expiresAt;
}
