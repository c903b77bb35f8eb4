const PAGE_BITS = 14;
const PAGE = 1 << PAGE_BITS;
const MASK = PAGE - 1;
const ARITY_BITS = 2;

/**
 * The entries by rank, lowest first: an indexed 4-ary heap.
 *
 * Ranks only rise while an entry lives (the floor and the uses of a policy only grow), so a use does not touch the
 * heap: it writes the new rank with {@link raise}, and an entry is moved down only when it comes to the top with a rank
 * that is out of date. What stands at the top with its true rank is the lowest of all, since every other true rank is
 * at least the rank that it stands by. Storage grows by pages, so that no insertion copies millions of ranks.
 */
export class RankHeap {
  readonly #ranks: Float64Array[] = [];
  readonly #slots: Int32Array[] = [];
  /** By slot: its place in the heap, and its true rank. */
  readonly #places: Int32Array[] = [];
  readonly #trueRanks: Float64Array[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds a slot that is not in the heap. */
  insert(slot: number, rank: number): void {
    const page = slot >>> PAGE_BITS;
    while (this.#places.length <= page) {
      this.#places.push(new Int32Array(PAGE));
      this.#trueRanks.push(new Float64Array(PAGE));
    }
    this.#write(this.#trueRanks, slot, rank);
    const place = this.#size++;
    if (place >>> PAGE_BITS >= this.#ranks.length) {
      this.#ranks.push(new Float64Array(PAGE));
      this.#slots.push(new Int32Array(PAGE));
    }
    this.#rise(place, slot, rank);
  }

  /** Sets a higher rank for a slot that is in the heap. */
  raise(slot: number, rank: number): void {
    this.#write(this.#trueRanks, slot, rank);
  }

  /** The rank of a slot that is in the heap. */
  rankOf(slot: number): number {
    return read(this.#trueRanks, slot);
  }

  /** The slot with the lowest rank, or -1. */
  lowest(): number {
    while (this.#size > 0) {
      const slot = read(this.#slots, 0);
      const rank = read(this.#trueRanks, slot);
      if (rank === read(this.#ranks, 0)) return slot;
      this.#sink(0, slot, rank);
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
    if (place > 0 && rank < read(this.#ranks, (place - 1) >>> ARITY_BITS)) this.#rise(place, moved, rank);
    else this.#sink(place, moved, rank);
  }

  /** Subtracts a number from every rank; the order stays. */
  rebase(by: number): void {
    for (const pages of [this.#ranks, this.#trueRanks])
      for (const page of pages) for (let i = 0; i < PAGE; i++) page[i] = (page[i] as number) - by;
  }

  #rise(from: number, slot: number, rank: number): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >>> ARITY_BITS;
      const parentRank = read(this.#ranks, parent);
      if (parentRank <= rank) break;
      this.#put(place, read(this.#slots, parent), parentRank);
      place = parent;
    }
    this.#put(place, slot, rank);
  }

  #sink(from: number, slot: number, rank: number): void {
    let place = from;
    const size = this.#size;
    for (;;) {
      const first = (place << ARITY_BITS) + 1;
      if (first >= size) break;
      let child = first;
      let childRank = read(this.#ranks, first);
      const end = Math.min(first + 4, size);
      for (let i = first + 1; i < end; i++) {
        const other = read(this.#ranks, i);
        if (other < childRank) {
          child = i;
          childRank = other;
        }
      }
      if (childRank >= rank) break;
      this.#put(place, read(this.#slots, child), childRank);
      place = child;
    }
    this.#put(place, slot, rank);
  }

  #put(place: number, slot: number, rank: number): void {
    this.#write(this.#ranks, place, rank);
    this.#write(this.#slots, place, slot);
    this.#write(this.#places, slot, place);
  }

  #write(pages: (Float64Array | Int32Array)[], index: number, value: number): void {
    (pages[index >>> PAGE_BITS] as Float64Array)[index & MASK] = value;
  }
}

function read(pages: (Float64Array | Int32Array)[], index: number): number {
  return (pages[index >>> PAGE_BITS] as Float64Array)[index & MASK] as number;
}
