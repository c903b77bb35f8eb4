import type { BudgetShare } from "../budget/budget-share.ts";
import type { Clock } from "../clock.ts";
import type { IndexUsage } from "../store-index.ts";
import { newEpoch } from "../token.ts";
import { Charges } from "./charges.ts";
import { ClaimBook } from "./claim-book.ts";
import { EntrySlots } from "./entry-slots.ts";
import type { MemoryBounds, MemoryIndexSettings } from "./memory-index-options.ts";
import { PassMarks } from "./pass-marks.ts";
import { Residents } from "./residents.ts";
import { WriteIntents } from "./write-intents.ts";

/** Bytes charged for an entry beside its value: its record, its key and token, and their places in the maps. */
export const MEMORY_ENTRY_OVERHEAD = 256;

/** One life of a memory index: what the steps of fills, evictions and invalidations work on. */
export class Ledger {
  readonly epoch: string = newEpoch();
  readonly bounds: MemoryBounds;
  readonly clock: Clock;
  readonly slots: EntrySlots;
  readonly residents: Residents;
  readonly charges: Charges;
  readonly book: ClaimBook;
  readonly intents: WriteIntents;
  readonly passes: PassMarks = new PassMarks();
  /** Draws from a budget that other processes draw from as well. */
  share: BudgetShare | undefined;
  evictions = 0;

  constructor({ bounds, policy, clock }: Pick<MemoryIndexSettings, "bounds" | "policy" | "clock">) {
    this.bounds = bounds;
    this.clock = clock;
    this.slots = new EntrySlots(this.epoch);
    this.residents = new Residents(this.slots, policy);
    this.charges = new Charges(this.slots);
    this.book = new ClaimBook(this.slots);
    this.intents = new WriteIntents(this.epoch);
  }

  /** Bytes that may be charged at this moment. */
  get limit(): number {
    return this.share === undefined ? this.bounds.maxBytes : this.share.limit;
  }

  /** Bytes that may be pinned at this moment. */
  get pinLimit(): number {
    return Math.min(this.bounds.maxPinnedBytes, this.limit);
  }

  /** Counts and sizes, of one store or of all. */
  usage(storeId: string | undefined): IndexUsage {
    const { residents, book, bounds } = this;
    let claims = 0;
    for (const { live, part } of book.held)
      if (live && (storeId === undefined || part.storeId === storeId)) claims++;
    const { entries, bytes, condemnedBytes, evictions } =
      storeId === undefined ? this.#totals : residents.space(storeId);
    const { maxBytes, maxEntries, maxPinnedBytes } = bounds;
    const { pinnedBytes } = residents;
    const limits = { maxBytes, maxEntries, pinnedBytes, maxPinnedBytes };
    return { ...limits, entries, bytes, condemnedBytes, claims, evictions };
  }

  /** Condemns an entry. */
  condemn(slot: number): void {
    this.residents.remove(slot);
    this.charges.condemn(slot);
  }

  get #totals(): Pick<IndexUsage, "entries" | "bytes" | "condemnedBytes" | "evictions"> {
    const { residents, charges, evictions } = this;
    const { total: bytes, condemnedBytes } = charges;
    return { entries: residents.size, bytes, condemnedBytes, evictions };
  }
}
