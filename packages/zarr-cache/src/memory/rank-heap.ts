const PAGE_BITS = 14;
const PAGE = 1 << PAGE_BITS;
const MASK = PAGE - 1;
const ARITY_BITS = 2;

/**
 * The entries by rank, lowest first, and of equal ranks the one that was used longest ago: an indexed 4-ary heap.
 *
 * Ranks only rise while an entry lives (the floor and the uses of a policy only grow), so a use does not touch the
 * heap: it writes the new rank with {@link raise}, and an entry is moved down only when it comes to the top with a rank
 * that is out of date. What stands at the top with its true rank is the lowest of all, since every other true rank is
 * at least the rank that it stands by. Storage grows by pages, so that no insertion copies millions of ranks.
 */
export class RankHeap {
  /** By place: the rank and the time of use that a slot stands by, and the slot. */
  readonly #ranks: Float64Array[] = [];
  readonly #ticks: Float64Array[] = [];
  readonly #slots: Int32Array[] = [];
  /** By slot: its place, and its true rank and time of use. */
  readonly #places: Int32Array[] = [];
  readonly #trueRanks: Float64Array[] = [];
  readonly #trueTicks: Float64Array[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds a slot that is not in the heap. */
  insert(slot: number, rank: number, tick: number): void {
    for (let page = this.#places.length; page <= slot >>> PAGE_BITS; page++) {
      this.#places.push(new Int32Array(PAGE));
      this.#trueRanks.push(new Float64Array(PAGE));
      this.#trueTicks.push(new Float64Array(PAGE));
    }
    const place = this.#size++;
    if (place >>> PAGE_BITS >= this.#ranks.length) {
      this.#ranks.push(new Float64Array(PAGE));
      this.#ticks.push(new Float64Array(PAGE));
      this.#slots.push(new Int32Array(PAGE));
    }
    this.raise(slot, rank, tick);
    this.#rise(place, slot, rank, tick);
  }

  /** Sets a rank that is no lower, and a later time of use, for a slot that is in the heap. */
  raise(slot: number, rank: number, tick: number): void {
    write(this.#trueRanks, slot, rank);
    write(this.#trueTicks, slot, tick);
  }

  /** The rank of a slot that is in the heap. */
  rankOf(slot: number): number {
    return read(this.#trueRanks, slot);
  }

  /** The slot with the lowest rank, or -1. */
  lowest(): number {
    while (this.#size > 0) {
      const slot = read(this.#slots, 0);
      const tick = read(this.#trueTicks, slot);
      if (tick === read(this.#ticks, 0)) return slot;
      this.#sink(0, slot, read(this.#trueRanks, slot), tick);
    }
    return -1;
  }

  /** Takes a slot that is in the heap out of it. */
  remove(slot: number): void {
    const place = read(this.#places, slot);
    const last = --this.#size;
    if (place === last) return;
    const moved = read(this.#slots, last);
    const rank = read(this.#ranks, last);
    const tick = read(this.#ticks, last);
    if (place > 0 && this.#isBelow(rank, tick, (place - 1) >>> ARITY_BITS))
      this.#rise(place, moved, rank, tick);
    else this.#sink(place, moved, rank, tick);
  }

  /** Subtracts a number from every rank; the order stays. */
  rebase(by: number): void {
    for (const pages of [this.#ranks, this.#trueRanks])
      for (const page of pages) for (let i = 0; i < PAGE; i++) page[i] = (page[i] as number) - by;
  }

  /** Whether a rank and time of use go before those at a place. */
  #isBelow(rank: number, tick: number, place: number): boolean {
    const other = read(this.#ranks, place);
    return rank < other || (rank === other && tick < read(this.#ticks, place));
  }

  #rise(from: number, slot: number, rank: number, tick: number): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >>> ARITY_BITS;
      if (!this.#isBelow(rank, tick, parent)) break;
      this.#move(parent, place);
      place = parent;
    }
    this.#put(place, slot, rank, tick);
  }

  #sink(from: number, slot: number, rank: number, tick: number): void {
    let place = from;
    const size = this.#size;
    for (;;) {
      const first = (place << ARITY_BITS) + 1;
      if (first >= size) break;
      let child = first;
      let childRank = read(this.#ranks, first);
      const end = Math.min(first + 4, size);
      for (let other = first + 1; other < end; other++) {
        const otherRank = read(this.#ranks, other);
        if (
          otherRank < childRank ||
          (otherRank === childRank && read(this.#ticks, other) < read(this.#ticks, child))
        ) {
          child = other;
          childRank = otherRank;
        }
      }
      if (rank < childRank || (rank === childRank && tick <= read(this.#ticks, child))) break;
      this.#move(child, place);
      place = child;
    }
    this.#put(place, slot, rank, tick);
  }

  #move(from: number, to: number): void {
    this.#put(to, read(this.#slots, from), read(this.#ranks, from), read(this.#ticks, from));
  }

  #put(place: number, slot: number, rank: number, tick: number): void {
    write(this.#ranks, place, rank);
    write(this.#ticks, place, tick);
    write(this.#slots, place, slot);
    write(this.#places, slot, place);
  }
}

function read(pages: (Float64Array | Int32Array)[], index: number): number {
  return (pages[index >>> PAGE_BITS] as Float64Array)[index & MASK] as number;
}

function write(pages: (Float64Array | Int32Array)[], index: number, value: number): void {
  (pages[index >>> PAGE_BITS] as Float64Array)[index & MASK] = value;
}
