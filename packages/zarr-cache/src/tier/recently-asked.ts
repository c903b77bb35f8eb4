import { hashOf } from "../text-hash.ts";

/** Parts that are remembered in one generation. */
const CAPACITY = 65_536;
const BITS_PER_PART = 16;
const BITS = CAPACITY * BITS_PER_PART;

/**
 * Remembers which parts were asked for not long ago, in 256 KiB: two Bloom filters (Bloom, CACM 13/7, 1970), of which
 * the older one is forgotten whenever the younger is full. Of the last 65,536 parts none is forgotten, and one in some
 * thousand that was never asked for is taken for known.
 */
export class RecentlyAsked {
  #young = new Uint32Array(BITS / 32);
  #old = new Uint32Array(BITS / 32);
  #count = 0;

  /** Remembers a part; whether it was remembered already. */
  note(id: string): boolean {
    const first = hashOf(0x811c9dc5, id);
    const step = hashOf(0x9e3779b9, id) | 1;
    const isYoung = isIn(this.#young, first, step);
    const isKnown = isYoung || isIn(this.#old, first, step);
    if (!isYoung) {
      if (this.#count >= CAPACITY) {
        const emptied = this.#old.fill(0);
        this.#old = this.#young;
        this.#young = emptied;
        this.#count = 0;
      }
      for (let i = 0; i < PROBES; i++) {
        const bit = bitOf(first, step, i);
        this.#young[bit >>> 5] = (this.#young[bit >>> 5] as number) | (1 << (bit & 31));
      }
      this.#count++;
    }
    return isKnown;
  }
}

const PROBES = 8;

function isIn(bits: Uint32Array, first: number, step: number): boolean {
  for (let i = 0; i < PROBES; i++) {
    const bit = bitOf(first, step, i);
    if (((bits[bit >>> 5] as number) & (1 << (bit & 31))) === 0) return false;
  }
  return true;
}

/** Double hashing (Kirsch and Mitzenmacher, ESA 2006). */
function bitOf(first: number, step: number, probe: number): number {
  return (first + Math.imul(step, probe)) >>> (32 - Math.log2(BITS));
}
