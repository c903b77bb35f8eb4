const PAGE_BITS = 14;
const PAGE = 1 << PAGE_BITS;
const MASK = PAGE - 1;
/** Children of a node: 32 ranks are four cache lines side by side. */
const BITS = 5;
const FAN = 1 << BITS;

/** The lowest slot below each node of one row, with its rank and time of use; slot -1 and rank ∞ where there is none. */
interface Row {
  ranks: Float64Array;
  ticks: Float64Array;
  slots: Int32Array;
}

/**
 * Finds the entry with the lowest rank, and of equal ranks the one that was used longest ago: a tournament tree over
 * the slots (Knuth, The Art of Computer Programming, vol. 3, §5.4.1).
 *
 * Entries never move: a slot's rank stands at the slot's own place, every 32 slots have a winner, every 32 winners have
 * one, and so on. A use writes one number and looks at one winner; only the lowest entry of a group makes its group be
 * played again. A heap moves ten entries about for each eviction among a million, each a miss of the processor's cache.
 */
export class RankTree {
  readonly #ranks: Float64Array[] = [];
  readonly #ticks: Float64Array[] = [];
  readonly #rows: Row[] = [];
  #size = 0;
  // The winner of the group that was played last.
  #rank = 0;
  #tick = 0;
  #slot = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds a slot that is not in the tree. */
  insert(slot: number, rank: number, tick: number): void {
    while (this.#ranks.length <= slot >>> PAGE_BITS) this.#grow();
    this.#size++;
    this.#set(slot, rank, tick);
  }

  /** Sets the rank and the time of use of a slot that is in the tree. */
  raise(slot: number, rank: number, tick: number): void {
    this.#set(slot, rank, tick);
  }

  /** Takes a slot that is in the tree out of it. */
  remove(slot: number): void {
    this.#size--;
    this.#set(slot, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
  }

  /** The slot with the lowest rank, or -1. */
  lowest(): number {
    return this.#size === 0 ? -1 : (this.#rows.at(-1)?.slots[0] as number);
  }

  /** The rank of the lowest slot. */
  lowestRank(): number {
    return this.#rows.at(-1)?.ranks[0] as number;
  }

  /** The time of use of the lowest slot. */
  lowestTick(): number {
    return this.#rows.at(-1)?.ticks[0] as number;
  }

  /** Subtracts a number from every rank; the order stays. */
  rebase(by: number): void {
    for (const page of [...this.#ranks, ...this.#rows.map(({ ranks }) => ranks)])
      for (let i = 0; i < page.length; i++) page[i] = (page[i] as number) - by;
  }

  #set(slot: number, rank: number, tick: number): void {
    (this.#ranks[slot >>> PAGE_BITS] as Float64Array)[slot & MASK] = rank;
    (this.#ticks[slot >>> PAGE_BITS] as Float64Array)[slot & MASK] = tick;
    this.#rank = rank;
    this.#tick = tick;
    this.#slot = slot;
    let node = slot >>> BITS;
    let loser = slot;
    for (let height = 0; height < this.#rows.length; height++, node >>>= BITS) {
      const row = this.#rows[height] as Row;
      const champion = row.slots[node] as number;
      if (champion === loser) this.#play(height, node);
      else if (!this.#isBelow(row.ranks[node] as number, row.ticks[node] as number)) return;
      row.ranks[node] = this.#rank;
      row.ticks[node] = this.#tick;
      row.slots[node] = this.#slot;
      loser = champion;
    }
  }

  /** Whether the winner so far goes before another rank and time of use. */
  #isBelow(rank: number, tick: number): boolean {
    return this.#rank < rank || (this.#rank === rank && this.#tick < tick);
  }

  /** Finds the winner among the children of a node. */
  #play(height: number, node: number): void {
    this.#rank = Number.POSITIVE_INFINITY;
    this.#tick = Number.POSITIVE_INFINITY;
    this.#slot = -1;
    const first = node << BITS;
    const row = height === 0 ? undefined : (this.#rows[height - 1] as Row);
    const ranks = row?.ranks ?? (this.#ranks[first >>> PAGE_BITS] as Float64Array);
    const ticks = row?.ticks ?? (this.#ticks[first >>> PAGE_BITS] as Float64Array);
    const from = row === undefined ? first & MASK : first;
    const to = Math.min(from + FAN, ranks.length);
    for (let i = from; i < to; i++) {
      const rank = ranks[i] as number;
      if (rank > this.#rank || (rank === this.#rank && (ticks[i] as number) >= this.#tick)) continue;
      this.#rank = rank;
      this.#tick = ticks[i] as number;
      this.#slot = row === undefined ? first + i - from : (row.slots[i] as number);
    }
  }

  /** Adds a page of slots, and rows above it as far as they are needed. Only the small rows are ever copied. */
  #grow(): void {
    this.#ranks.push(new Float64Array(PAGE).fill(Number.POSITIVE_INFINITY));
    this.#ticks.push(new Float64Array(PAGE).fill(Number.POSITIVE_INFINITY));
    let nodes = (this.#ranks.length * PAGE) >>> BITS;
    for (let height = 0; ; height++) {
      const row = this.#rows[height];
      if (row === undefined) {
        this.#rows.push(emptyRow(nodes));
        for (let node = 0; node < nodes; node++) this.#replay(height, node);
      } else if (row.slots.length < nodes) widen(row, Math.max(nodes, row.slots.length * 2));
      if (nodes <= 1) return;
      nodes = Math.ceil(nodes / FAN);
    }
  }

  #replay(height: number, node: number): void {
    const row = this.#rows[height] as Row;
    this.#play(height, node);
    row.ranks[node] = this.#rank;
    row.ticks[node] = this.#tick;
    row.slots[node] = this.#slot;
  }
}

function emptyRow(nodes: number): Row {
  return {
    ranks: new Float64Array(nodes).fill(Number.POSITIVE_INFINITY),
    ticks: new Float64Array(nodes).fill(Number.POSITIVE_INFINITY),
    slots: new Int32Array(nodes).fill(-1),
  };
}

function widen(row: Row, nodes: number): void {
  const wide = emptyRow(nodes);
  wide.ranks.set(row.ranks);
  wide.ticks.set(row.ticks);
  wide.slots.set(row.slots);
  Object.assign(row, wide);
}
