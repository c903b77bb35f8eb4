import type { Ledger } from "./ledger.ts";
import * as Field from "./slot-fields.ts";
import * as SlotState from "./slot-states.ts";

/** Checks charges and counts against the entries; with `repair`, sets them right. Returns what was wrong. */
export function verify({ slots, residents, charges, book }: Ledger, repair: boolean): readonly string[] {
  let charged = charges.condemnedBytes;
  let entries = 0;
  let pinned = 0;
  for (let slot = 0; slot < slots.end; slot++) {
    if (!slots.isIn(slot, SlotState.entry)) continue;
    entries++;
    charged += slots.number(slot, Field.charge);
    if (residents.isPinned(slot)) pinned += slots.number(slot, Field.charge);
  }
  for (const { charge } of book.held) charged += charge;
  const wrong: string[] = [];
  const { total } = charges;
  if (charged !== total) wrong.push(`charged ${total} bytes, entries and reservations add up to ${charged}`);
  if (entries !== residents.size) wrong.push(`entries ${entries}, of which ranked ${residents.size}`);
  if (pinned !== residents.pinnedBytes)
    wrong.push(`${residents.pinnedBytes} bytes pinned, entries that are add up to ${pinned}`);
  if (repair) charges.correct(charged);
  return wrong;
}
