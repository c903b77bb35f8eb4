import type { EntrySlots, StateOfSlot } from "./entry-slots.ts";

const SHARDS = 256;
const FEWEST_PLACES = 8;

/** One hash table: pairs of a hash and a slot plus one, 0 where a place is empty. */
interface Shard {
  pairs: Int32Array;
  /** Number of places less one; their number is a power of two. */
  mask: number;
  used: number;
}

/**
 * Finds slots by key and range: hash tables of numbers with linear probing (Knuth, The Art of Computer Programming,
 * vol. 3, §6.4, algorithms L and R). The strings stay with the slots.
 *
 * A look-up touches one place in the processor's cache and the key that it finds, a removal no string at all, and the
 * garbage collector nothing. There are many small tables, so that growing one moves a few thousand pairs, not ten million.
 */
export class KeyTable {
  readonly #slots: EntrySlots;
  readonly #shards: (Shard | undefined)[] = new Array(SHARDS).fill(undefined);

  constructor(slots: EntrySlots) {
    this.#slots = slots;
  }

  /** The slot in this state with this key and range, or -1; `hash` is `hashOf` them. */
  find(hash: number, key: string, range: string, state: StateOfSlot): number {
    const shard = this.#shards[hash >>> 24];
    if (shard === undefined) return -1;
    const { pairs, mask } = shard;
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const slot = (pairs[2 * place + 1] as number) - 1;
      if (slot < 0) return -1;
      if (pairs[2 * place] === hash && this.#slots.is(slot, key, range, state)) return slot;
    }
  }

  add(hash: number, slot: number): void {
    let shard = this.#shards[hash >>> 24];
    if (shard === undefined) {
      shard = { pairs: new Int32Array(2 * FEWEST_PLACES), mask: FEWEST_PLACES - 1, used: 0 };
      this.#shards[hash >>> 24] = shard;
    } else if (4 * shard.used > 3 * shard.mask) widen(shard);
    shard.used++;
    place(shard, hash, slot + 1);
  }

  /** Takes out a slot that was added under this hash. */
  remove(hash: number, slot: number): void {
    const shard = this.#shards[hash >>> 24] as Shard;
    const { pairs, mask } = shard;
    let hole = hash & mask;
    while (pairs[2 * hole + 1] !== slot + 1) hole = (hole + 1) & mask;
    shard.used--;
    // What was put behind the hole for want of room moves up.
    for (let from = (hole + 1) & mask; pairs[2 * from + 1] !== 0; from = (from + 1) & mask) {
      const home = (pairs[2 * from] as number) & mask;
      if (((from - home) & mask) < ((from - hole) & mask)) continue;
      pairs[2 * hole] = pairs[2 * from] as number;
      pairs[2 * hole + 1] = pairs[2 * from + 1] as number;
      hole = from;
    }
    pairs[2 * hole + 1] = 0;
  }
}

function place({ pairs, mask }: Shard, hash: number, value: number): void {
  let at = hash & mask;
  while (pairs[2 * at + 1] !== 0) at = (at + 1) & mask;
  pairs[2 * at] = hash;
  pairs[2 * at + 1] = value;
}

function widen(shard: Shard): void {
  const { pairs } = shard;
  shard.pairs = new Int32Array(2 * pairs.length);
  shard.mask = pairs.length - 1;
  for (let at = 0; at < pairs.length; at += 2)
    if (pairs[at + 1] !== 0) place(shard, pairs[at] as number, pairs[at + 1] as number);
}
