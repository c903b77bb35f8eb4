import { PINNED, type Policy, rankOf, type Use, usedWeight } from "../policy.ts";
import { type DataFileSize, limitOf } from "./budget.ts";
import type { CutList } from "./cut-list.ts";
import { type EntryRecord, packEntry, unpackEntry } from "./entry-record.ts";
import { HEAD_KEY, type IndexHead, packHead, unpackHead } from "./index-head.ts";
import { fitsKey, getJson, type IndexTables, isRange, putJson } from "./index-tables.ts";
import { NameBook } from "./name-book.ts";
import { packOrderKey } from "./order-key.ts";

/** What is new of an entry that holds still. */
type RenewedFacts = Pick<EntryRecord, "fetchedAt" | "expiresAt" | "grace">;

/** What is known of one store. */
export interface StoreRecord {
  readonly number: number;
  identity?: string;
  entries: number;
  bytes: number;
  condemned: number;
}

/** By so much the ticks of two transactions differ, so that uses of the time between can be placed between them. */
export const TICK = 1024;

/** What the ledgers of an index have in common. */
export interface LedgerTerms {
  readonly tables: IndexTables;
  readonly epoch: string;
  /** Names the index object that makes the changes. */
  readonly origin: string;
  readonly policy: Policy;
  readonly lockAge: number;
  readonly cuts: CutList;
  readonly sizeOfFile: DataFileSize;
}

/**
 * The books of an index within one write transaction: every change of entries goes through here, and every charge
 * through its `names`, so that counts, the order table and the names stay in step. Made at the beginning of a
 * transaction, closed at its end.
 */
export class Ledger {
  readonly tables: IndexTables;
  readonly head: IndexHead;
  readonly epoch: string;
  readonly origin: string;
  readonly lockAge: number;
  readonly now: number;
  readonly cuts: CutList;
  readonly names: NameBook;
  readonly #terms: LedgerTerms;
  /** Of the data file, which grows when the transaction is committed. */
  #fileSize: number | undefined;
  readonly #stores = new Map<string, { readonly record: StoreRecord; readonly isNew: boolean }>();

  constructor(terms: LedgerTerms, now: number) {
    this.#terms = terms;
    this.tables = terms.tables;
    this.epoch = terms.epoch;
    this.origin = terms.origin;
    this.lockAge = terms.lockAge;
    this.now = now;
    this.head = unpackHead(terms.tables.state.getBinaryFast(HEAD_KEY) as Buffer);
    this.cuts = terms.cuts;
    this.cuts.follow(terms.tables.state, this.head);
    this.names = new NameBook(this);
  }

  /** What may be charged at most. */
  limit(): number {
    this.#fileSize ??= this.#terms.sizeOfFile();
    return limitOf(this.head, this.#fileSize);
  }

  /** What may be pinned at most. */
  pinLimit(): number {
    return Math.min(this.head.maxPinnedBytes, this.limit());
  }

  /** Whether a holder that was last heard of at some time is still believed to live. */
  lives(renewedAt: number): boolean {
    return Math.abs(this.now - renewedAt) <= this.lockAge;
  }

  /** Writes what was counted. */
  close(): void {
    for (const [storeId, { record, isNew }] of this.#stores) {
      const isEmpty = record.entries === 0 && record.bytes === 0 && record.identity === undefined;
      if (isEmpty && !isNew) void this.tables.state.remove(`s${storeId}`);
      if (!isEmpty) putJson(this.tables.state, `s${storeId}`, record);
      if (isEmpty !== isNew) this.head.stores += isNew ? 1 : -1;
    }
    void this.tables.state.put(HEAD_KEY, packHead(this.head));
  }

  /** The record of a store; what is changed in it is written when the ledger closes. */
  store(storeId: string): StoreRecord {
    let store = this.#stores.get(storeId);
    if (store === undefined) {
      const known = getJson<StoreRecord>(this.tables.state, `s${storeId}`);
      const record = known ?? { number: this.head.storesCreated++, entries: 0, bytes: 0, condemned: 0 };
      store = { record, isNew: known === undefined };
      this.#stores.set(storeId, store);
    }
    return store.record;
  }

  /** Reads an entry unless a cut hides it. */
  visibleEntry(id: string): EntryRecord | undefined {
    const entry = this.entry(id);
    return entry === undefined || this.cuts.hides(id, entry.birth) ? undefined : entry;
  }

  /** Reads an entry, hidden by a cut or not. */
  entry(id: string): EntryRecord | undefined {
    const bytes = fitsKey(id) ? this.tables.entries.getBinaryFast(id) : undefined;
    return bytes === undefined ? undefined : unpackEntry(bytes);
  }

  /** Adds an entry whose token is charged already; there is none with this id. */
  addEntry(
    id: string,
    storeId: string,
    facts: Omit<
      EntryRecord,
      "rank" | "tick" | "created" | "store" | "hits" | "lastUsedAt" | "accessDuration" | "reads"
    >,
  ): void {
    const store = this.store(storeId);
    const entry: EntryRecord = {
      ...facts,
      rank: 0,
      tick: this.nextTick(),
      created: ++this.head.created,
      store: store.number,
      hits: 0,
      lastUsedAt: this.now,
      accessDuration: 0,
      reads: 0,
    };
    entry.rank = this.rankOf(entry, entry.tick);
    this.#write(id, entry);
    if (entry.weight === PINNED) this.head.pinned += entry.charge;
    this.head.entries++;
    if (isRange(id)) this.head.ranges++;
    store.entries++;
  }

  /** The moment of a use that happens now, later than all before. */
  nextTick(): number {
    this.head.tick += TICK;
    return this.head.tick;
  }

  /** Ranks an entry as of a use. */
  rankOf(entry: Pick<EntryRecord, "hits" | "cost" | "charge" | "weight">, tick: number): number {
    const { hits, cost, charge, weight } = entry;
    return this.rank({ uses: hits + 1, cost, charge, weight, floor: this.head.floor, tick });
  }

  /** Asks the policy. */
  rank(use: Use): number {
    return rankOf(this.#terms.policy, use);
  }

  /** Counts uses of an entry and ranks it anew. */
  useEntry(id: string, entry: EntryRecord, uses: number, usedAt: number, tick: number): void {
    void this.tables.order.remove(packOrderKey(entry));
    entry.hits = Math.min(entry.hits + uses, 0xffffffff);
    entry.lastUsedAt = Math.max(entry.lastUsedAt, usedAt);
    entry.tick = Math.max(entry.tick, tick);
    entry.weight = usedWeight(entry.weight);
    entry.rank = this.rankOf(entry, entry.tick);
    this.#write(id, entry);
  }

  /** Gives an entry another weight, and ranks it as if it had been used now. */
  weighEntry(id: string, entry: EntryRecord, weight: number): void {
    void this.tables.order.remove(packOrderKey(entry));
    if (entry.weight === PINNED) this.head.pinned -= entry.charge;
    if (weight === PINNED) this.head.pinned += entry.charge;
    entry.weight = weight;
    entry.tick = this.nextTick();
    entry.rank = this.rankOf(entry, entry.tick);
    this.#write(id, entry);
  }

  /** Puts an entry at another rank. */
  rerank(id: string, entry: EntryRecord, rank: number): void {
    void this.tables.order.remove(packOrderKey(entry));
    entry.rank = rank;
    this.#write(id, entry);
  }

  /** Gives an entry another age and another end. */
  renewEntry(id: string, entry: EntryRecord, renewed: RenewedFacts): void {
    void this.tables.order.remove(packOrderKey(entry));
    Object.assign(entry, renewed);
    this.#write(id, entry);
  }

  /** Removes an entry and condemns its name. */
  condemnEntry(id: string, entry: EntryRecord): void {
    const storeId = id.slice(0, id.indexOf("\n"));
    void this.tables.entries.remove(id);
    void this.tables.order.remove(packOrderKey(entry));
    if (entry.weight === PINNED) this.head.pinned -= entry.charge;
    this.head.entries--;
    if (isRange(id)) this.head.ranges--;
    this.store(storeId).entries--;
    this.names.condemn(entry.token);
  }

  #write(id: string, entry: EntryRecord): void {
    void this.tables.entries.put(id, packEntry(entry));
    void this.tables.order.put(packOrderKey(entry), Buffer.from(id));
  }
}
