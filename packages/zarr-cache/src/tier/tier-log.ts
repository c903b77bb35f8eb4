import { Emitter } from "../events.ts";
import type { Part } from "../part.ts";
import { type PassReason, STORAGE_EVENTS, type StorageEvents } from "../storage.ts";
import type { StoredName } from "../store-opener.ts";
import { TierCounters, type TierStatistics } from "../tier-statistics.ts";

/** Counts what a tier does, for each store and in all, and tells those who listen. */
export class TierLog {
  readonly tier: string;
  readonly events: Emitter<StorageEvents>;
  readonly #totals = new TierCounters();
  readonly #counters = new Map<string, TierCounters>();

  constructor(tier: string) {
    this.tier = tier;
    this.events = new Emitter<StorageEvents>(STORAGE_EVENTS, tier);
  }

  /** The stores that anything was counted for. */
  storeIds(): string[] {
    return [...this.#counters.keys()];
  }

  statistics(storeId?: string): TierStatistics {
    const counters = storeId === undefined ? this.#totals : this.#counters.get(storeId);
    return (counters ?? new TierCounters()).snapshot(this.tier);
  }

  miss(storeId: string): void {
    this.#of(storeId).misses++;
    this.#totals.misses++;
  }

  hit(storeId: string, bytes: number, milliseconds: number): void {
    this.#of(storeId).hit(bytes, milliseconds);
    this.#totals.hit(bytes, milliseconds);
  }

  kept(storeId: string, bytes: number): void {
    this.#of(storeId).keep(bytes);
    this.#totals.keep(bytes);
  }

  refused(part: Part, reason: PassReason): void {
    this.#of(part.storeId).refuse(reason);
    this.#totals.refuse(reason);
    this.events.emit("refuse", { tier: this.tier, part, reason });
  }

  evicted(names: readonly StoredName[]): void {
    for (const { storeId } of names) this.#of(storeId).evictions++;
    this.#totals.evictions += names.length;
    this.events.emit("evict", { tier: this.tier, entries: names.length });
  }

  corrupt(part: Part): void {
    this.#of(part.storeId).corrupt++;
    this.#totals.corrupt++;
    this.events.emit("corrupt", { tier: this.tier, part });
  }

  fault(storeId: string | undefined, operation: string, error: unknown): void {
    if (storeId !== undefined) this.#of(storeId).faults++;
    this.#totals.faults++;
    this.events.emit("fault", { tier: this.tier, operation, error });
  }

  /** Tells what an operator should know. */
  warn(message: string): void {
    this.events.emit("warning", { tier: this.tier, message });
  }

  #of(storeId: string): TierCounters {
    let counters = this.#counters.get(storeId);
    if (counters === undefined) {
      counters = new TierCounters();
      this.#counters.set(storeId, counters);
    }
    return counters;
  }
}
