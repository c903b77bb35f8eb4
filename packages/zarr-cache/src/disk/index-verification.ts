import type { Transaction } from "lmdb";
import { PINNED } from "../policy.ts";
import { type ChargedName, nameKey, unpackName } from "./charged-name.ts";
import type { ClaimRecord } from "./claim-records.ts";
import { type EntryRecord, unpackEntry } from "./entry-record.ts";
import { HEAD_KEY, type IndexHead, unpackHead } from "./index-head.ts";
import { behindPrefix, type IndexTables, isRange } from "./index-tables.ts";
import type { Ledger, StoreRecord } from "./ledger.ts";
import { LEFTOVERS_KEY, type LeftoversRecord } from "./leftover-steps.ts";
import { packOrderKey } from "./order-key.ts";

/** What was found wrong: said in a line each, and set right by a step in a transaction. */
export interface Finding {
  readonly line: string;
  repair(ledger: Ledger): void;
}

const SLICE = 2000;
/** Records of which the head only knows how many there are, by the letter that their keys begin with. */
const COUNTED = [
  ["intents", "i"],
  ["marks", "p"],
  ["cuts", "c"],
] as const;

/** What one store should have. */
interface StoreCount {
  entries: number;
  bytes: number;
  condemned: number;
}

/** Compares the books of an index with its records, as they were at one moment, giving way to the event loop. */
export async function inspect(tables: IndexTables, epoch: string): Promise<readonly Finding[]> {
  tables.root.resetReadTxn();
  const transaction = tables.root.useReadTransaction();
  try {
    return await inspectSnapshot(tables, epoch, transaction);
  } finally {
    transaction.done();
  }
}

async function inspectSnapshot(
  tables: IndexTables,
  epoch: string,
  transaction: Transaction,
): Promise<Finding[]> {
  const { entries, names, order, state } = tables;
  const at = { transaction };
  const findings: Finding[] = [];
  const head = unpackHead(state.get(HEAD_KEY, at) as Buffer);
  const stores = new Map<string, StoreCount>();
  const count = (storeId: string): StoreCount => {
    const store = stores.get(storeId) ?? { entries: 0, bytes: 0, condemned: 0 };
    stores.set(storeId, store);
    return store;
  };
  const sums = {
    charged: 0,
    overheads: 0,
    condemned: 0,
    entries: 0,
    ranges: 0,
    reserved: 0,
    intents: 0,
    marks: 0,
    cuts: 0,
    pinned: 0,
  };
  const owned = new Set<string>();
  // What an earlier life left has no names.
  const left = state.get(LEFTOVERS_KEY, at)?.toString();
  const { owed } = left === undefined ? { owed: 0 } : (JSON.parse(left) as LeftoversRecord);
  sums.charged += owed;
  sums.condemned += owed;

  await slices(entries.getRange({ start: "!", end: "~", ...at }), ({ key: id, value }) => {
    const entry = unpackEntry(value);
    sums.entries++;
    if (isRange(id)) sums.ranges++;
    if (entry.weight === PINNED) sums.pinned += entry.charge;
    count(storeOf(id)).entries++;
    owned.add(keyText(entry.token, epoch));
    const name = readName(names.get(nameKey(entry.token, epoch) ?? new Uint8Array(1), at));
    if (name?.state !== "held" || name.charge !== entry.charge) findings.push(unchargedEntry(id, entry));
    const row = order.get(packOrderKey(entry), at)?.toString();
    if (row !== id) findings.push(unorderedEntry(id));
  });
  await slices(order.getRange({ start: new Uint8Array(1), ...at }), ({ key, value }) => {
    const bytes = entries.get(value.toString(), at);
    const fits = bytes !== undefined && Buffer.compare(packOrderKey(unpackEntry(bytes)), key) === 0;
    if (!fits) findings.push(strayOrder(Uint8Array.from(key), value.toString()));
  });
  await slices(state.getRange({ start: "k", end: behindPrefix("k"), ...at }), ({ value }) => {
    const claim = JSON.parse(value.toString()) as ClaimRecord;
    if (claim.reserved?.replaces === false) sums.reserved++;
    if (claim.reserved !== undefined) owned.add(keyText(claim.token, epoch));
  });
  for (const [field, letter] of COUNTED)
    await slices(state.getKeys({ start: letter, end: behindPrefix(letter), ...at }), () => {
      sums[field]++;
    });
  await slices(names.getRange({ start: new Uint8Array(1), ...at }), ({ key, value }) => {
    const name = unpackName(value);
    const store = count(name.storeId);
    sums.charged += name.charge;
    sums.overheads += name.overhead;
    store.bytes += name.charge;
    if (name.state === "condemned") {
      sums.condemned += name.charge;
      store.condemned += name.charge;
    }
    const text = Buffer.from(key).toString("hex");
    if (name.state === "held" && !owned.has(text)) findings.push(ownerlessName(epoch + text, name));
  });
  await slices(state.getRange({ start: "s", end: behindPrefix("s"), ...at }), ({ key, value }) => {
    const record = JSON.parse(value.toString()) as StoreRecord;
    const store = count(key.slice(1));
    stores.delete(key.slice(1));
    findings.push(...storeFindings(key.slice(1), store, record));
  });
  for (const [storeId, store] of stores)
    findings.push(...storeFindings(storeId, store, { entries: 0, bytes: 0, condemned: 0 }));
  for (const field of Object.keys(sums) as (keyof typeof sums)[])
    if (sums[field] !== head[field]) findings.push(wrongSum(field, head[field], sums[field]));
  return findings;
}

function wrongSum(field: keyof IndexHead, recorded: number, counted: number): Finding {
  return {
    line: `The index records ${recorded} for ${field}, and ${counted} were counted.`,
    // What happened since the moment of counting was recorded on top of the wrong number.
    repair: ({ head }) => {
      head[field] += counted - recorded;
      if (field === "cuts") head.cutsVersion++;
    },
  };
}

function storeFindings(storeId: string, counted: StoreCount, recorded: StoreCount): Finding[] {
  return (["entries", "bytes", "condemned"] as const)
    .filter((field) => counted[field] !== recorded[field])
    .map((field) => ({
      line: `Store "${storeId}" records ${recorded[field]} for ${field}, and ${counted[field]} were counted.`,
      repair: (ledger) => {
        ledger.store(storeId)[field] += counted[field] - recorded[field];
      },
    }));
}

function unchargedEntry(id: string, found: EntryRecord): Finding {
  return {
    line: `Entry ${label(id)} is not charged as it says.`,
    repair: (ledger) => {
      const entry = ledger.entry(id);
      if (entry?.token === found.token) ledger.condemnEntry(id, entry);
    },
  };
}

function unorderedEntry(id: string): Finding {
  return {
    line: `Entry ${label(id)} is not in the order of eviction.`,
    repair: (ledger) => {
      const entry = ledger.entry(id);
      if (entry !== undefined) ledger.rerank(id, entry, entry.rank);
    },
  };
}

function strayOrder(key: Uint8Array, id: string): Finding {
  return {
    line: `The order of eviction has ${label(id)} where it is not.`,
    repair: (ledger) => {
      const entry = ledger.entry(id);
      if (entry === undefined || Buffer.compare(packOrderKey(entry), key) !== 0)
        void ledger.tables.order.remove(key);
    },
  };
}

function ownerlessName(token: string, name: ChargedName): Finding {
  return {
    line: `${name.charge} bytes of store "${name.storeId}" are charged for token ${token}, which is nobody's.`,
    repair: (ledger) => ledger.names.condemn(token),
  };
}

async function slices<T>(items: Iterable<T>, each: (item: T) => void): Promise<void> {
  let seen = 0;
  for (const item of items) {
    each(item);
    if (++seen % SLICE === 0) await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

function readName(bytes: Buffer | undefined): ChargedName | undefined {
  return bytes === undefined ? undefined : unpackName(bytes);
}

function keyText(token: string, epoch: string): string {
  return token.slice(epoch.length);
}

function storeOf(id: string): string {
  return id.slice(0, id.indexOf("\n"));
}

function label(id: string): string {
  return JSON.stringify(id.split("\n").join(" ").trimEnd());
}
