import { getJson, putJson } from "./index-tables.ts";
import type { Ledger } from "./ledger.ts";
import { type IndexLife, LIFE_KEY } from "./lmdb-environment.ts";

/** What an earlier life of the index left, as it is stored under {@link LEFTOVERS_KEY}. */
export interface LeftoversRecord {
  /** Who has the turn to delete it, and when that was last heard of. */
  readonly purger: string;
  readonly heardAt: number;
  /** Bytes owed when the turn was taken, and now. */
  readonly owedBefore: number;
  readonly owed: number;
}

/** Key of what is owed in the state table. */
export const LEFTOVERS_KEY = "u";

/** Charges for what an earlier life left, and takes off what the one who has the turn has deleted of it. */
export function repay(ledger: Ledger, purger: string, repaid: number): "held" | "busy" | "clean" {
  const { state } = ledger.tables;
  if (getJson<IndexLife>(state, LIFE_KEY)?.clean === true) return "clean";
  const { now } = ledger;
  let record = getJson<LeftoversRecord>(state, LEFTOVERS_KEY);
  if (record === undefined) {
    const owed = Math.max(0, Math.floor(ledger.limit()) - ledger.head.charged);
    owe(ledger, owed);
    record = { purger, heardAt: now, owedBefore: owed, owed };
  } else if (record.purger !== purger && repaid === 0 && !ledger.lives(record.heardAt))
    record = { ...record, purger, owedBefore: record.owed };
  const isHeld = record.purger === purger;
  if (isHeld) {
    const owed = Math.min(record.owed, Math.max(0, record.owedBefore - repaid));
    owe(ledger, owed - record.owed);
    record = { ...record, heardAt: now, owed };
  }
  putJson(state, LEFTOVERS_KEY, record);
  return isHeld ? "held" : "busy";
}

/** Records that nothing is left of an earlier life. */
export function markClean(ledger: Ledger): void {
  const { state } = ledger.tables;
  const owed = getJson<LeftoversRecord>(state, LEFTOVERS_KEY)?.owed ?? 0;
  owe(ledger, -owed);
  void state.remove(LEFTOVERS_KEY);
  const life = getJson<IndexLife>(state, LIFE_KEY);
  if (life !== undefined) putJson(state, LIFE_KEY, { ...life, clean: true });
}

function owe(ledger: Ledger, bytes: number): void {
  ledger.head.charged += bytes;
  ledger.head.condemned += bytes;
}
