import { REBASE_FLOOR } from "../policy.ts";
import type { Reservation, Room } from "../store-index.ts";
import type { StoredName } from "../store-opener.ts";
import { ENTRY_OVERHEAD } from "./budget.ts";
import { type Ledger, TICK } from "./ledger.ts";
import { currentOrder } from "./order-key.ts";

const MOST_EVICTIONS = 256;
/** Entries that are looked at to tell whether a newcomer finds room. */
const MOST_CANDIDATES = 20_000;
const LOW_WATER = 0.95;

/** Bytes and entries that have to go. */
interface Need {
  readonly bytes: number;
  readonly entries: number;
}

/** Condemns the lowest entries until there is room for `want`, or down to the low-water mark. */
export function makeRoom(ledger: Ledger, want: Reservation | undefined): Room {
  if (ledger.head.floor >= REBASE_FLOOR) rebase(ledger);
  return want === undefined ? sinkToLowWater(ledger) : makeRoomFor(ledger, want);
}

function sinkToLowWater(ledger: Ledger): Room {
  const { head } = ledger;
  const limit = ledger.limit();
  const staying = head.charged - head.condemned;
  const need = {
    bytes: staying - Math.floor(limit * LOW_WATER),
    entries: head.entries + head.reserved - Math.floor(head.maxEntries * LOW_WATER),
  };
  // Below the limit and above the mark is where a budget is at rest only if nothing waits for room.
  if (need.bytes <= 0 && need.entries <= 0) return { state: "done", evicted: [] };
  return evict(ledger, need, Number.POSITIVE_INFINITY, false);
}

function makeRoomFor(ledger: Ledger, want: Reservation): Room {
  const { head } = ledger;
  const charge = want.footprint + ENTRY_OVERHEAD;
  const need = {
    bytes: head.charged - head.condemned + charge - ledger.limit(),
    entries: head.entries + head.reserved + 1 - head.maxEntries,
  };
  if (need.bytes <= 0 && need.entries <= 0) return { state: "done", evicted: [] };
  const { cost, weight } = want;
  const rank = ledger.rank({ uses: 1, cost, charge, weight, floor: head.floor, tick: head.tick + TICK });
  const room = evict(ledger, need, rank, true);
  // Refused is as if it had been admitted and evicted at once.
  if (room.state === "refused") raiseFloor(ledger, rank);
  return room;
}

/** Condemns from the lowest rank up to `highest`; with `allOrNone` only if that makes all the room that is needed. */
function evict(ledger: Ledger, need: Need, highest: number, allOrNone: boolean): Room {
  const victims: { readonly id: string; readonly rank: number }[] = [];
  let bytes = 0;
  let entries = 0;
  let { pinned } = ledger.head;
  const isEnough = () => bytes >= need.bytes && entries >= need.entries;
  for (const { value } of ledger.tables.order.getRange({
    start: new Uint8Array(1),
    limit: MOST_CANDIDATES,
  })) {
    const { rank, charge } = currentOrder;
    if (isEnough() || rank > highest) break;
    if (rank === Number.POSITIVE_INFINITY) {
      // Pinned, and all behind it are.
      if (pinned <= ledger.pinLimit()) break;
      pinned -= charge;
    }
    bytes += charge;
    entries++;
    if (victims.length < MOST_EVICTIONS) victims.push({ id: value.toString(), rank });
    else if (!allOrNone) break;
  }
  if (allOrNone && !isEnough()) return { state: "refused", evicted: [] };
  const evicted: StoredName[] = [];
  for (const { id, rank } of victims) {
    const entry = ledger.entry(id);
    if (entry === undefined) continue;
    ledger.condemnEntry(id, entry);
    raiseFloor(ledger, rank);
    evicted.push({ storeId: id.slice(0, id.indexOf("\n")), token: entry.token });
  }
  // What reservations and revoked names take cannot be evicted: to be called again would change nothing.
  const isMore = evicted.length > 0 && (entries > victims.length || !isEnough());
  return { state: isMore ? "more" : "done", evicted };
}

function raiseFloor({ head }: Ledger, rank: number): void {
  if (rank < Number.MAX_VALUE) head.floor = Math.max(head.floor, rank);
}

/**
 * Subtracts the floor from every rank. One transaction of 20 µs per entry, after some 10⁷ evictions of the costliest
 * kind: never, for most.
 */
function rebase(ledger: Ledger): void {
  const { head, tables } = ledger;
  const ids = [...tables.order.getRange({ start: new Uint8Array(1) })].map(({ value }) => value.toString());
  for (const id of ids) {
    const entry = ledger.entry(id);
    if (entry !== undefined) ledger.rerank(id, entry, entry.rank - head.floor);
  }
  head.floor = 0;
}
