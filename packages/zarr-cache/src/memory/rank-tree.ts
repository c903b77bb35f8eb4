const PAGE_BITS = 14;
const PAGE = 1 << PAGE_BITS;
const MASK = PAGE - 1;
/** Children of a node: 16 ranks with their times of use are four cache lines side by side. */
const BITS = 4;
const FAN = 1 << BITS;

/** The lowest slot below each node of one row, with its rank and time of use in turn; slot -1 and rank ∞ where there is none. */
interface Row {
  worths: Float64Array;
  slots: Int32Array;
}

/** A slot with its rank and the time of its last use. */
export interface Ranked {
  readonly slot: number;
  readonly rank: number;
  readonly tick: number;
}

/**
 * Finds the entry with the lowest rank, and of equal ranks the one that was used longest ago: a tournament tree over
 * the slots (Knuth, The Art of Computer Programming, vol. 3, §5.4.1).
 *
 * Entries never move: a slot's rank stands at the slot's own place, every 16 slots have a winner, every 16 winners have
 * one, and so on. A use writes one number and looks at one winner; only the lowest entry of a group makes its group be
 * played again. A heap moves ten entries about for each eviction among a million, each a miss of the processor's cache.
 */
export class RankTree {
  /** Rank and time of use of each slot, in turn. */
  readonly #worths: Float64Array[] = [];
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
    while (this.#worths.length <= slot >>> PAGE_BITS) this.#grow();
    this.#size++;
    this.set(slot, rank, tick);
  }

  /** Takes a slot that is in the tree out of it. */
  remove(slot: number): void {
    this.#size--;
    this.set(slot, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
  }

  /** The slot with the lowest rank; `undefined` where there is none. */
  lowest(): Ranked | undefined {
    if (this.#size === 0) return undefined;
    const { worths, slots } = this.#rows[this.#rows.length - 1] as Row;
    return { slot: slots[0] as number, rank: worths[0] as number, tick: worths[1] as number };
  }

  /** Subtracts a number from every rank; the order stays. */
  rebase(by: number): void {
    for (const page of [...this.#worths, ...this.#rows.map(({ worths }) => worths)])
      for (let at = 0; at < page.length; at += 2) page[at] = (page[at] as number) - by;
  }

  /** Sets the rank and the time of use of a slot that is in the tree. */
  set(slot: number, rank: number, tick: number): void {
    const page = this.#worths[slot >>> PAGE_BITS] as Float64Array;
    page[2 * (slot & MASK)] = rank;
    page[2 * (slot & MASK) + 1] = tick;
    this.#rank = rank;
    this.#tick = tick;
    this.#slot = slot;
    let node = slot >>> BITS;
    let loser = slot;
    for (let height = 0; height < this.#rows.length; height++, node >>>= BITS) {
      const row = this.#rows[height] as Row;
      const champion = row.slots[node] as number;
      if (champion === loser) this.#play(height, node);
      else if (!this.#isBelow(row.worths[2 * node] as number, row.worths[2 * node + 1] as number)) return;
      this.#crown(row, node);
      loser = champion;
    }
  }

  /** Whether the winner so far goes before another rank and time of use. */
  #isBelow(rank: number, tick: number): boolean {
    return this.#rank < rank || (this.#rank === rank && this.#tick < tick);
  }

  /** Finds the winner among the children of a node. */
  #play(height: number, node: number): void {
    const first = node << BITS;
    const row = height === 0 ? undefined : (this.#rows[height - 1] as Row);
    const worths = row?.worths ?? (this.#worths[first >>> PAGE_BITS] as Float64Array);
    const from = row === undefined ? first & MASK : first;
    const to = Math.min(from + FAN, worths.length >>> 1);
    let lowest = Number.POSITIVE_INFINITY;
    let tick = Number.POSITIVE_INFINITY;
    let winner = -1;
    for (let i = from; i < to; i++) {
      const rank = worths[2 * i] as number;
      if (rank > lowest || (rank === lowest && (worths[2 * i + 1] as number) >= tick)) continue;
      lowest = rank;
      tick = worths[2 * i + 1] as number;
      winner = i;
    }
    this.#rank = lowest;
    this.#tick = tick;
    this.#slot = winner < 0 ? -1 : row === undefined ? first + winner - from : (row.slots[winner] as number);
  }

  /** Writes the winner so far down as that of a node. */
  #crown(row: Row, node: number): void {
    row.worths[2 * node] = this.#rank;
    row.worths[2 * node + 1] = this.#tick;
    row.slots[node] = this.#slot;
  }

  /** Adds a page of slots, and rows above it as far as they are needed. Only the small rows are ever copied. */
  #grow(): void {
    this.#worths.push(new Float64Array(2 * PAGE).fill(Number.POSITIVE_INFINITY));
    let nodes = (this.#worths.length * PAGE) >>> BITS;
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
    this.#play(height, node);
    this.#crown(this.#rows[height] as Row, node);
  }
}

function emptyRow(nodes: number): Row {
  return {
    worths: new Float64Array(2 * nodes).fill(Number.POSITIVE_INFINITY),
    slots: new Int32Array(nodes).fill(-1),
  };
}

function widen(row: Row, nodes: number): void {
  const wide = emptyRow(nodes);
  wide.worths.set(row.worths);
  wide.slots.set(row.slots);
  Object.assign(row, wide);
}
