import { type Part, rangeIdOf } from "../part.ts";
import { gdsf, PINNED, type Policy, REBASE_FLOOR, rankOf, usedWeight } from "../policy.ts";
import type { EntryFacts, IndexEntry, Reservation } from "../store-index.ts";
import { CutList } from "./cut-list.ts";
import type { EntrySlots } from "./entry-slots.ts";
import { type Ranked, RankTree } from "./rank-tree.ts";
import * as Field from "./slot-fields.ts";
import * as SlotState from "./slot-states.ts";
import { StoreSpace } from "./store-space.ts";

const SCAN_AT_ONCE = 20_000;

/**
 * The entries of a memory index: where they are found, how they rank, and which of them invalidations hide.
 * Knows nothing of budgets and claims.
 */
export class Residents {
  readonly slots: EntrySlots;
  readonly #spaces = new Map<string, StoreSpace>();
  readonly #ranking = new RankTree();
  readonly #cuts = new CutList();
  readonly #policy: Policy;
  /** Counts entries and invalidations: what is older than a cut is hidden by it. */
  #serial = 0;
  #tick = 0;
  #floor = 0;
  #lastSpace: StoreSpace | undefined;
  #pinnedBytes = 0;

  constructor(slots: EntrySlots, policy: Policy) {
    this.slots = slots;
    this.#policy = policy;
  }

  /** Number of entries, hidden ones included. */
  get size(): number {
    return this.#ranking.size;
  }

  /** Bytes charged for entries that are pinned. */
  get pinnedBytes(): number {
    return this.#pinnedBytes;
  }

  /** Whether invalidations still hide entries that are not yet removed. */
  get hides(): boolean {
    return this.#cuts.size > 0;
  }

  /** The entries and totals of a store id, made on first use. */
  space(storeId: string): StoreSpace {
    if (this.#lastSpace?.storeId === storeId) return this.#lastSpace;
    let space = this.#spaces.get(storeId);
    if (space === undefined) {
      space = new StoreSpace(storeId, this.slots);
      this.#spaces.set(storeId, space);
    }
    this.#lastSpace = space;
    return space;
  }

  /**
   * The slot that answers a part: its own, or that of the whole value; -1 when there is none. `range` names the range of
   * the part, and `hash` is of its key and range.
   */
  find(part: Part, range: string = rangeIdOf(part), hash: number = this.slots.hash(part.key, range)): number {
    const last = this.#lastSpace;
    const space = last?.storeId === part.storeId ? last : this.#spaces.get(part.storeId);
    if (space === undefined) return -1;
    const own = space.find(part.key, range, hash);
    if (own >= 0 && this.isVisible(own)) return own;
    if (range === "") return -1;
    const whole = space.find(part.key, "");
    return whole >= 0 && this.isVisible(whole) ? whole : -1;
  }

  /** The slot of exactly this part, if its entry was made under this token; else -1. */
  holder(part: Part, token: string): number {
    const slot = this.slots.slotOf(token);
    if (slot < 0 || this.slots.space(slot).storeId !== part.storeId) return -1;
    return this.slots.is(slot, part.key, rangeIdOf(part), SlotState.entry) ? slot : -1;
  }

  isVisible(slot: number): boolean {
    if (this.#cuts.size === 0) return true;
    const serial = Math.floor(this.slots.number(slot, Field.serialAndMissing) / 2);
    return !this.#cuts.covers(this.slots.space(slot).storeId, this.slots.key(slot), serial);
  }

  /** An entry as the answer to a part. */
  entry(slot: number, part: Part): IndexEntry {
    const record = this.slots.record(slot);
    const at = this.slots.offset(slot);
    return {
      token: this.slots.token(slot),
      whole: part.range !== undefined && this.slots.range(slot) === "",
      missing: this.slots.isMissing(slot),
      size: record[at + Field.size] as number,
      checksum: record[at + Field.checksum] as number,
      fetchedAt: record[at + Field.fetchedAt] as number,
      expiresAt: record[at + Field.expiresAt] as number,
      cost: record[at + Field.cost] as number,
      validator: this.slots.extras.validator(slot),
      location: this.slots.extras.location(slot),
      grace: this.slots.extras.grace(slot),
    };
  }

  /** Counts a use. */
  use(slot: number, now: number): void {
    const record = this.slots.record(slot);
    const at = this.slots.offset(slot);
    const uses = (record[at + Field.uses] as number) + 1;
    record[at + Field.uses] = uses;
    record[at + Field.lastUsedAt] = now;
    const weight = usedWeight(record[at + Field.weight] as number);
    record[at + Field.weight] = weight;
    const cost = record[at + Field.cost] as number;
    const rank = this.#rank(uses, cost, record[at + Field.charge] as number, weight);
    this.#ranking.set(slot, rank, this.#tick);
  }

  /** Gives an entry another weight. */
  weigh(slot: number, weight: number): void {
    const { slots } = this;
    const charge = slots.number(slot, Field.charge);
    if (this.isPinned(slot)) this.#pinnedBytes -= charge;
    if (weight === PINNED) this.#pinnedBytes += charge;
    slots.setNumber(slot, Field.weight, weight);
    const rank = this.#rank(slots.number(slot, Field.uses), slots.number(slot, Field.cost), charge, weight);
    this.#ranking.set(slot, rank, this.#tick);
  }

  isPinned(slot: number): boolean {
    return this.slots.number(slot, Field.weight) === PINNED;
  }

  /** Makes a claimed slot an entry, for a part that has none. */
  insert(slot: number, facts: EntryFacts, weight: number, now: number): void {
    const record = this.slots.record(slot);
    const at = this.slots.offset(slot);
    record[at + Field.size] = facts.size;
    record[at + Field.fetchedAt] = now - facts.age;
    record[at + Field.expiresAt] = facts.expiresAt;
    record[at + Field.cost] = facts.cost;
    record[at + Field.weight] = weight;
    record[at + Field.uses] = 1;
    record[at + Field.lastUsedAt] = now;
    record[at + Field.checksum] = facts.checksum;
    record[at + Field.accessTotal] = 0;
    record[at + Field.accesses] = 0;
    record[at + Field.serialAndMissing] = 2 * this.#serial++ + (facts.missing ? 1 : 0);
    this.slots.extras.set(slot, facts);
    this.slots.space(slot).addEntry(slot);
    if (weight === PINNED) this.#pinnedBytes += record[at + Field.charge] as number;
    this.#ranking.insert(
      slot,
      this.#rank(1, facts.cost, record[at + Field.charge] as number, weight),
      this.#tick,
    );
  }

  /** Takes an entry out, which leaves a slot to be condemned; `isRanked` is false for one that was set aside. */
  remove(slot: number, isRanked = true): void {
    if (isRanked) this.#ranking.remove(slot);
    if (this.isPinned(slot)) this.#pinnedBytes -= this.slots.number(slot, Field.charge);
    this.slots.space(slot).removeEntry(slot);
    this.slots.extras.delete(slot);
  }

  /** The entry that goes first; `undefined` where there is none. */
  lowest(): Ranked | undefined {
    return this.#ranking.lowest();
  }

  /** Takes an entry out of the ranking. It is to be removed, or put back. */
  setAside({ slot }: Ranked): void {
    this.#ranking.remove(slot);
  }

  /** Ranks an entry again as it was. */
  putBack({ slot, rank, tick }: Ranked): void {
    this.#ranking.insert(slot, rank, tick);
  }

  /** The rank that a newcomer would have. */
  rankOfNew(want: Reservation, charge: number): number {
    return this.#rank(1, want.cost, charge, want.weight);
  }

  /** Lets entries that are not used sink against newcomers: to the rank of what was evicted last. */
  raiseFloor(rank: number): void {
    if (rank > this.#floor && rank < Number.MAX_VALUE) this.#floor = rank;
  }

  /** Takes the floor off every rank once it is so high that ranks lose precision. Not between two ranks to be compared. */
  rebase(): void {
    if (this.#floor <= REBASE_FLOOR || this.#policy !== gdsf) return;
    this.#ranking.rebase(this.#floor);
    this.#floor = 0;
  }

  /** Hides everything under a path that is there now. */
  hide(storeId: string, path: string): void {
    if ((this.#spaces.get(storeId)?.entries ?? 0) > 0) this.#cuts.add(storeId, path, this.#serial++);
  }

  /** Removes some of what is hidden, calling back for each; whether there is more. */
  removeHidden(onRemoved: (slot: number) => void): boolean {
    return this.#cuts.scan(SCAN_AT_ONCE, this.slots.end, (slot) => {
      if (!this.slots.isIn(slot, SlotState.entry) || this.isVisible(slot)) return;
      this.remove(slot);
      onRemoved(slot);
    });
  }

  #rank(uses: number, cost: number, charge: number, weight: number): number {
    return rankOf(this.#policy, { uses, cost, charge, weight, floor: this.#floor, tick: ++this.#tick });
  }
}
