import { assertEntryQuery } from "../entry-query.ts";
import { InvalidOptionError } from "../errors.ts";
import { isUnder } from "../key.ts";
import { PINNED } from "../policy.ts";
import { parseRangeId } from "../range.ts";
import type { EntryInfo, EntryOrder, EntryPage, EntryQuery } from "../store-index.ts";
import type { EntrySlots } from "./entry-slots.ts";
import * as Field from "./slot-fields.ts";
import * as SlotState from "./slot-states.ts";

const SLICE = 32_768;

/**
 * Lists a page of entries in order, without stopping the event loop: the slots are scanned in slices, and only the
 * best `limit` that come after the cursor are kept. Linear in the number of entries for every page.
 */
export async function listEntries(
  slots: EntrySlots,
  query: EntryQuery,
  now: number,
  visible: (slot: number) => boolean,
): Promise<EntryPage> {
  assertEntryQuery(query);
  const { storeId, prefix, orderBy = "key", limit = 100 } = query;
  const after = query.cursor === undefined ? undefined : parseCursor(query.cursor);
  const best = new BestSlots(slots, orderBy, limit, after);
  for (let from = 0; from < slots.end; from += SLICE) {
    const to = Math.min(slots.end, from + SLICE);
    for (let slot = from; slot < to; slot++) {
      if (!slots.isIn(slot, SlotState.entry)) continue;
      if (storeId !== undefined && slots.space(slot).storeId !== storeId) continue;
      if (prefix !== undefined && !isUnder(slots.key(slot), prefix)) continue;
      if (best.admits(slot) && visible(slot)) best.add(slot);
    }
    if (to < slots.end) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  const places = best.sorted();
  const entries = places
    .filter(({ slot }) => slots.isIn(slot, SlotState.entry))
    .map(({ slot }) => describe(slots, slot, now));
  const last = places.length === limit ? places.at(-1) : undefined;
  return { entries, cursor: last && JSON.stringify([last.worth, last.name, last.slot]) };
}

/** An entry as users see it. */
function describe(slots: EntrySlots, slot: number, now: number): EntryInfo {
  const range = parseRangeId(slots.range(slot));
  const accesses = slots.number(slot, Field.accesses);
  return {
    storeId: slots.space(slot).storeId,
    key: slots.key(slot),
    ...(range && { range }),
    token: slots.token(slot),
    missing: slots.isMissing(slot),
    size: slots.number(slot, Field.size),
    charge: slots.number(slot, Field.charge),
    age: now - slots.number(slot, Field.fetchedAt),
    cost: slots.number(slot, Field.cost),
    hits: slots.number(slot, Field.uses) - 1,
    lastUsedAt: slots.number(slot, Field.lastUsedAt),
    accessDuration: accesses === 0 ? 0 : slots.number(slot, Field.accessTotal) / accesses,
    pinned: slots.number(slot, Field.weight) === PINNED,
    expiresAt: slots.number(slot, Field.expiresAt),
    validator: slots.extras.validator(slot),
    checksum: slots.number(slot, Field.checksum),
    location: slots.extras.location(slot),
  };
}

/** Where a slot stands in an order: by worth, then by name (in the order of keys) or by slot. */
interface Place {
  readonly worth: number;
  readonly name: string;
  readonly slot: number;
}

function parseCursor(cursor: string): Place {
  try {
    const [worth, name, slot] = JSON.parse(cursor) as [unknown, unknown, unknown];
    if (typeof worth === "number" && typeof name === "string" && typeof slot === "number")
      return { worth, name, slot };
  } catch {}
  throw new InvalidOptionError("cursor", cursor, "the cursor of an earlier page");
}

function compare(a: Place, b: Place): number {
  if (a.worth !== b.worth) return a.worth - b.worth;
  return a.name === b.name ? a.slot - b.slot : a.name < b.name ? -1 : 1;
}

/** Keeps the first `limit` slots that come after a place: a buffer that is sorted and cut back whenever it has doubled. */
class BestSlots {
  readonly #slots: EntrySlots;
  readonly #field: number | undefined;
  readonly #sign: number;
  readonly #limit: number;
  readonly #after: Place | undefined;
  #buffer: Place[] = [];
  #last: Place | undefined;

  constructor(slots: EntrySlots, orderBy: EntryOrder, limit: number, after: Place | undefined) {
    this.#slots = slots;
    this.#limit = limit;
    this.#after = after;
    this.#field = {
      key: undefined,
      size: Field.size,
      age: Field.fetchedAt,
      hits: Field.uses,
      cost: Field.cost,
    }[orderBy];
    this.#sign = orderBy === "age" ? 1 : -1;
  }

  /** Whether a slot comes after the cursor and can still be among the first. */
  admits(slot: number): boolean {
    const worth = this.#worth(slot);
    if (this.#last !== undefined && worth > this.#last.worth) return false;
    if (this.#after !== undefined && worth < this.#after.worth) return false;
    if (this.#last === undefined && this.#after === undefined) return true;
    const place = this.#place(slot);
    return (
      (this.#last === undefined || compare(place, this.#last) < 0) &&
      (this.#after === undefined || compare(place, this.#after) > 0)
    );
  }

  add(slot: number): void {
    this.#buffer.push(this.#place(slot));
    if (this.#buffer.length >= 2 * this.#limit + 64) this.sorted();
  }

  sorted(): readonly Place[] {
    this.#buffer.sort(compare);
    this.#buffer.length = Math.min(this.#buffer.length, this.#limit);
    if (this.#buffer.length === this.#limit) this.#last = this.#buffer.at(-1);
    return this.#buffer;
  }

  #worth(slot: number): number {
    return this.#field === undefined ? 0 : this.#sign * this.#slots.number(slot, this.#field);
  }

  #place(slot: number): Place {
    if (this.#field !== undefined) return { worth: this.#worth(slot), name: "", slot };
    const name = `${this.#slots.space(slot).storeId}\n${this.#slots.key(slot)}\n${this.#slots.range(slot)}`;
    return { worth: 0, name, slot };
  }
}
