import { BudgetShare } from "../budget/budget-share.ts";
import { ClosedError, StoreIdConflictError } from "../errors.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import type { Part } from "../part.ts";
import type {
  ClaimAnswer,
  ClaimRef,
  ConfirmedFacts,
  EntryFacts,
  EntryPage,
  EntryQuery,
  FreshWithin,
  IndexEntry,
  IndexState,
  IndexUsage,
  ReleaseOutcome,
  Reservation,
  Room,
  Settlement,
  StoreIndex,
  SweepStep,
} from "../store-index.ts";
import type { StoredName } from "../store-opener.ts";
import { listEntries } from "./entry-listing.ts";
import { makeRoom } from "./eviction-steps.ts";
import { claim, commit, confirm, letPass, release, reserve, weigh } from "./fill-steps.ts";
import { closeWrite, hide, openWrite, removeSome, sweep } from "./invalidation-steps.ts";
import { Ledger, MEMORY_ENTRY_OVERHEAD } from "./ledger.ts";
import {
  type MemoryIndexSettings,
  type MemoryStoreIndexOptions,
  parseMemoryIndexOptions,
} from "./memory-index-options.ts";
import * as Field from "./slot-fields.ts";
import { verify } from "./verification.ts";
import { MemoryIntent } from "./write-intents.ts";

/**
 * A {@link StoreIndex} in this process's memory: the default for one process, and the upper tier over a shared one.
 *
 * Everything but listing and waiting answers at once. No step takes time in proportion to the number of entries, so
 * that millions of them cause no pause: maps and arrays grow in pieces, and invalidations of a path hold at once by a
 * cut while the entries are removed behind it.
 */
export class MemoryStoreIndex implements StoreIndex {
  readonly scope = "process";
  /** Claims die with the process, so they need no renewal. */
  readonly lockAge: number = Number.POSITIVE_INFINITY;
  readonly maxEntryBytes: number;
  readonly #books: Ledger;
  #clean = false;
  /** Who deletes what an earlier process left, and what was owed for it when that began. */
  #leftovers: { readonly purger: string; readonly owed: number } | undefined;
  #removing = false;
  #closed = false;
  readonly #warnings: ((message: string) => void)[] = [];
  readonly #shrinks: (() => void)[] = [];

  constructor(options: MemoryStoreIndexOptions = {}) {
    const settings = parseMemoryIndexOptions(options);
    this.maxEntryBytes = settings.bounds.maxEntryBytes;
    this.#books = new Ledger(settings);
    this.#books.share = this.#draw(settings);
  }

  now(): number {
    return this.#books.clock();
  }

  open(): MaybePromise<IndexState> {
    const { epoch, share } = this.#ledger;
    const state = () => ({ epoch, clean: this.#clean });
    if (share === undefined) return state();
    return share.open().then(state);
  }

  markClean(): void {
    this.#clean = true;
    this.#ledger.charges.owe(0);
    this.#leftovers = undefined;
  }

  repay(purger: string, repaid: number): "held" | "busy" | "clean" {
    if (this.#clean) return "clean";
    const { charges, limit } = this.#ledger;
    const owed = this.#leftovers === undefined ? Math.max(0, limit - charges.total) : charges.owed;
    // Whoever had the turn before in this process has given it up.
    if (repaid === 0 && this.#leftovers?.purger !== purger) this.#leftovers = { purger, owed };
    else if (this.#leftovers?.purger !== purger) return "busy";
    charges.owe(Math.min(owed, Math.max(0, this.#leftovers.owed - repaid)));
    return "held";
  }

  bind(storeId: string, identity: string | undefined): void {
    const space = this.#ledger.residents.space(storeId);
    if (identity === undefined) return;
    if (space.identity !== undefined && space.identity !== identity)
      throw new StoreIdConflictError(storeId, space.identity, identity);
    space.identity = identity;
  }

  lookup(part: Part): IndexEntry | undefined {
    const { residents, clock } = this.#ledger;
    const slot = residents.find(part);
    if (slot < 0) return undefined;
    residents.use(slot, clock());
    return residents.entry(slot, part);
  }

  peek(part: Part): IndexEntry | undefined {
    const { residents } = this.#ledger;
    const slot = residents.find(part);
    return slot < 0 ? undefined : residents.entry(slot, part);
  }

  recordAccess(part: Part, token: string, milliseconds: number): void {
    const { slots, residents } = this.#books;
    const slot = residents.holder(part, token);
    if (slot < 0) return;
    slots.setNumber(slot, Field.accessTotal, slots.number(slot, Field.accessTotal) + milliseconds);
    slots.setNumber(slot, Field.accesses, slots.number(slot, Field.accesses) + 1);
  }

  claim(part: Part, fresh: FreshWithin): ClaimAnswer {
    return claim(this.#ledger, part, fresh);
  }

  settled(part: Part, token: string, signal: AbortSignal): Promise<Settlement> {
    return this.#ledger.book.settled(part, token, signal);
  }

  renew(refs: readonly ClaimRef[]): readonly string[] {
    const lives = (ref: ClaimRef) =>
      ref instanceof MemoryIntent ? ref.live : this.#ledger.book.resolve(ref)?.live;
    return refs.filter((ref) => !lives(ref)).map(({ token }) => token);
  }

  reserve(ref: ClaimRef, want: Reservation): "reserved" | "full" | "refused" | "lost" {
    return reserve(this.#ledger, ref, want);
  }

  commit(ref: ClaimRef, facts: EntryFacts): boolean {
    return commit(this.#ledger, ref, facts);
  }

  confirm(ref: ClaimRef, entry: Pick<IndexEntry, "token" | "whole">, facts: ConfirmedFacts): boolean {
    return confirm(this.#ledger, ref, entry, facts);
  }

  letPass(ref: ClaimRef): void {
    letPass(this.#ledger, ref);
  }

  release(ref: ClaimRef, outcome: ReleaseOutcome = {}): void {
    release(this.#ledger, ref, outcome);
  }

  grow(want: Reservation): Promise<void> | undefined {
    return this.#ledger.share?.missed(want.footprint + MEMORY_ENTRY_OVERHEAD);
  }

  makeRoom(want?: Reservation): Room {
    return makeRoom(this.#ledger, want);
  }

  condemn(part: Part, token: string): boolean {
    const slot = this.#ledger.residents.holder(part, token);
    if (slot < 0) return false;
    this.#ledger.condemn(slot);
    return true;
  }

  weigh(part: Part, weight: number): "weighed" | "refused" | "absent" {
    return weigh(this.#ledger, part, weight);
  }

  condemned(limit: number): readonly StoredName[] {
    return this.#ledger.charges.names(limit);
  }

  free(tokens: readonly string[]): void {
    for (const token of tokens) this.#ledger.charges.free(token);
    this.#ledger.share?.freed();
  }

  known(names: readonly StoredName[]): readonly boolean[] {
    const { slots } = this.#ledger;
    return names.map(({ token }) => slots.slotOf(token) >= 0);
  }

  invalidate(storeId: string, path: string): void {
    hide(this.#ledger, storeId, path);
    this.#removeHidden();
  }

  openWrite(storeId: string, key: string): ClaimRef {
    return openWrite(this.#ledger, storeId, key);
  }

  closeWrite(ref: ClaimRef, keep: boolean): ClaimRef | undefined {
    return ref instanceof MemoryIntent ? closeWrite(this.#ledger, ref, keep) : undefined;
  }

  deleteStore(storeId: string): void {
    this.invalidate(storeId, "/");
    this.#ledger.residents.space(storeId).identity = undefined;
  }

  usage(storeId?: string): IndexUsage {
    return this.#ledger.usage(storeId);
  }

  entries(query: EntryQuery): Promise<EntryPage> {
    const { slots, residents, clock } = this.#ledger;
    return listEntries(slots, query, clock(), (slot) => residents.isVisible(slot));
  }

  sweep(): SweepStep {
    return sweep(this.#ledger);
  }

  async verify({ repair }: { readonly repair: boolean }): Promise<readonly string[]> {
    return verify(this.#ledger, repair);
  }

  onWarning(listener: (message: string) => void): void {
    this.#warnings.push(listener);
  }

  onShrink(listener: () => void): void {
    this.#shrinks.push(listener);
  }

  close(): MaybePromise<void> {
    this.#closed = true;
    return this.#books.share?.close();
  }

  get #ledger(): Ledger {
    if (this.#closed) throw new ClosedError("The index");
    return this.#books;
  }

  #draw({ budget: ledger, bounds, timers }: MemoryIndexSettings): BudgetShare | undefined {
    if (ledger === undefined) return undefined;
    const { epoch: holder, charges } = this.#books;
    return new BudgetShare({
      ledger,
      holder,
      most: bounds.maxBytes,
      timers,
      charged: () => charges.total,
      onShrink: () => {
        for (const listener of this.#shrinks) listener();
      },
      onFault: (error) => {
        const reason = error instanceof Error ? error.message : String(error);
        const message = `The common budget of memory cannot be reached (${reason}); less and less is kept until it can.`;
        for (const listener of this.#warnings) listener(message);
      },
    });
  }

  /** Removes what is hidden: a first slice now, the rest between turns of the event loop. */
  #removeHidden(): void {
    const ledger = this.#books;
    if (!removeSome(ledger).more || this.#removing) return;
    this.#removing = true;
    const next = (): void => {
      if (removeSome(ledger).more) setTimeout(next, 0);
      else this.#removing = false;
    };
    setTimeout(next, 0);
  }
}
