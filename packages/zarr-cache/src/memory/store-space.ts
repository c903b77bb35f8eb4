import type { EntrySlots } from "./entry-slots.ts";
import { KeyTable } from "./key-table.ts";
import * as Field from "./slot-fields.ts";
import * as SlotState from "./slot-states.ts";

/** What one store id has in a memory index: its entries and claims by key and range, and its totals. */
export class StoreSpace {
  readonly storeId: string;
  /** Stands for this space in the records of its slots. */
  readonly number: number;
  identity: string | undefined;
  entries = 0;
  /** Charged, condemned and reserved bytes included. */
  bytes = 0;
  condemnedBytes = 0;
  evictions = 0;
  readonly #slots: EntrySlots;
  readonly #table: KeyTable;
  readonly #ranges = new Map<string, Set<number>>();

  constructor(storeId: string, slots: EntrySlots) {
    this.storeId = storeId;
    this.#slots = slots;
    this.#table = new KeyTable(slots);
    this.number = slots.addSpace(this);
  }

  /** The slot of the entry for exactly this part, or -1; `range` is `""` for the whole. */
  find(key: string, range: string, hash: number = this.#slots.hash(key, range)): number {
    return this.#table.find(hash, key, range, SlotState.entry);
  }

  /** The slot of the live claim for exactly this part, or -1. */
  findClaim(key: string, range: string, hash: number = this.#slots.hash(key, range)): number {
    return this.#table.find(hash, key, range, SlotState.claimed);
  }

  /** Takes a slot for a claim on a part that has none. */
  claim(key: string, range: string, hash: number): number {
    const slot = this.#slots.take(this, key, range, hash);
    this.#table.add(hash, slot);
    return slot;
  }

  /** Lets a claim no longer be found. */
  removeClaim(slot: number): void {
    this.#table.remove(this.#slots.number(slot, Field.hash), slot);
  }

  /** Makes a slot that was claimed an entry. */
  addEntry(slot: number): void {
    this.#slots.setNumber(slot, Field.state, SlotState.entry);
    this.entries++;
    if (this.#slots.range(slot) === "") return;
    const key = this.#slots.key(slot);
    const ranges = this.#ranges.get(key);
    if (ranges === undefined) this.#ranges.set(key, new Set([slot]));
    else ranges.add(slot);
  }

  /** Lets an entry no longer be found. */
  removeEntry(slot: number): void {
    this.#table.remove(this.#slots.number(slot, Field.hash), slot);
    this.entries--;
    if (this.#ranges.size === 0 || this.#slots.range(slot) === "") return;
    const key = this.#slots.key(slot);
    const ranges = this.#ranges.get(key);
    if (ranges?.delete(slot) && ranges.size === 0) this.#ranges.delete(key);
  }

  /** The slots of the ranges of one key. */
  ranges(key: string): readonly number[] {
    const ranges = this.#ranges.size === 0 ? undefined : this.#ranges.get(key);
    return ranges === undefined ? NONE : [...ranges];
  }

  /** The slots of all parts of one key. */
  parts(key: string): readonly number[] {
    const whole = this.find(key, "");
    return whole < 0 ? this.ranges(key) : [...this.ranges(key), whole];
  }
}

const NONE: readonly number[] = [];
