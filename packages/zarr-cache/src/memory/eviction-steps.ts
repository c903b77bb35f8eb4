import type { Reservation, Room } from "../store-index.ts";
import type { StoredName } from "../store-opener.ts";
import { type Ledger, MEMORY_ENTRY_OVERHEAD } from "./ledger.ts";
import type { Ranked } from "./rank-tree.ts";
import * as Field from "./slot-fields.ts";

const CONDEMN_AT_MOST = 256;
/** Entries that are looked at to tell whether a newcomer finds room. */
const MOST_CANDIDATES = 20_000;
const LOW_WATER = 0.95;

/** Condemns the lowest entries until there is room for `want`, or down to the low-water mark. */
export function makeRoom(ledger: Ledger, want: Reservation | undefined): Room {
  const { residents, charges, bounds } = ledger;
  residents.rebase();
  const charge = want === undefined ? 0 : want.footprint + MEMORY_ENTRY_OVERHEAD;
  const highest = want === undefined ? Number.POSITIVE_INFINITY : residents.rankOfNew(want, charge);
  // More than this process's share of a common budget: not even alone.
  if (charge > ledger.limit) return { state: "refused", evicted: [] };
  const limit = want === undefined ? ledger.limit * LOW_WATER : ledger.limit - charge;
  let bytes = charges.total - charges.condemnedBytes - limit;
  let entries = residents.size + charges.reservations + (want === undefined ? 0 : 1) - bounds.maxEntries;
  const most = want === undefined ? CONDEMN_AT_MOST : MOST_CANDIDATES;
  let victims: Ranked[] = [];
  let pinned = residents.pinnedBytes;
  while ((bytes > 0 || entries > 0) && victims.length < most) {
    const victim = residents.lowest();
    if (victim === undefined || victim.rank > highest) break;
    const freed = ledger.slots.number(victim.slot, Field.charge);
    if (residents.isPinned(victim.slot)) {
      // Behind it there are only others that are pinned.
      if (pinned <= ledger.pinLimit) break;
      pinned -= freed;
    }
    residents.setAside(victim);
    // Mostly there is one, for which a literal is the smallest array.
    if (victims.length === 0) victims = [victim];
    else victims.push(victim);
    bytes -= freed;
    entries--;
  }
  const isEnough = bytes <= 0 && entries <= 0;
  if (want !== undefined && !isEnough) {
    for (const victim of victims) residents.putBack(victim);
    // As if the newcomer had been admitted and evicted at once.
    residents.raiseFloor(highest);
    return { state: "refused", evicted: [] };
  }
  const isMore = victims.length > CONDEMN_AT_MOST || (!isEnough && victims.length > 0);
  while (victims.length > CONDEMN_AT_MOST) residents.putBack(victims.pop() as Ranked);
  return { state: isMore ? "more" : "done", evicted: victims.map((victim) => evict(ledger, victim)) };
}

/** Condemns an entry that was set aside. */
function evict(ledger: Ledger, { slot, rank }: Ranked): StoredName {
  const { slots, residents, charges } = ledger;
  residents.raiseFloor(rank);
  residents.remove(slot, false);
  ledger.evictions++;
  slots.space(slot).evictions++;
  charges.condemn(slot);
  return charges.nameOf(slot);
}
