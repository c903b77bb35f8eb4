import type { StoreSpace } from "./store-space.ts";

const PAGE_BITS = 12;
const PAGE = 1 << PAGE_BITS;
const MASK = PAGE - 1;

/** The numbers that are kept of an entry, by their place in its record. */
export const Field = {
  size: 0,
  charge: 1,
  fetchedAt: 2,
  expiresAt: 3,
  cost: 4,
  weight: 5,
  uses: 6,
  lastUsedAt: 7,
  accessTotal: 8,
  accesses: 9,
  checksum: 10,
  missing: 11,
  serial: 12,
} as const;

const STRIDE = 13;

/**
 * The entries of a memory index as records of numbers in pages, and their strings in arrays beside them: a hundred
 * bytes an entry for the garbage collector to ignore, and no copy as they grow. A slot is an entry's number.
 */
export class EntrySlots {
  readonly #numbers: Float64Array[] = [];
  readonly #keys: string[][] = [];
  readonly #ranges: string[][] = [];
  readonly #tokens: string[][] = [];
  readonly #spaces: (StoreSpace | undefined)[][] = [];
  readonly #validators = new Map<number, string>();
  readonly #locations = new Map<number, string>();
  readonly #free: number[] = [];
  #end = 0;

  /** One more than the highest slot ever used; walk from 0 and skip what {@link space} calls undefined. */
  get end(): number {
    return this.#end;
  }

  /** Takes a slot for an entry; its numbers are whatever was there before. */
  take(space: StoreSpace, key: string, range: string, token: string, validator: string | undefined): number {
    const slot = this.#free.pop() ?? this.#grow();
    const page = slot >>> PAGE_BITS;
    const at = slot & MASK;
    (this.#spaces[page] as (StoreSpace | undefined)[])[at] = space;
    (this.#keys[page] as string[])[at] = key;
    (this.#ranges[page] as string[])[at] = range;
    (this.#tokens[page] as string[])[at] = token;
    if (validator !== undefined) this.#validators.set(slot, validator);
    return slot;
  }

  /** Gives a slot back. Its strings stay until the slot is taken again, which is soon. */
  release(slot: number): void {
    const page = slot >>> PAGE_BITS;
    const at = slot & MASK;
    (this.#spaces[page] as (StoreSpace | undefined)[])[at] = undefined;
    if (this.#validators.size > 0) this.#validators.delete(slot);
    if (this.#locations.size > 0) this.#locations.delete(slot);
    this.#free.push(slot);
  }

  /** The record that holds a slot's numbers, from {@link offset} on. */
  record(slot: number): Float64Array {
    return this.#numbers[slot >>> PAGE_BITS] as Float64Array;
  }

  /** Where a slot's numbers begin in its record. */
  offset(slot: number): number {
    return (slot & MASK) * STRIDE;
  }

  number(slot: number, field: number): number {
    return this.record(slot)[this.offset(slot) + field] as number;
  }

  space(slot: number): StoreSpace | undefined {
    return (this.#spaces[slot >>> PAGE_BITS] as (StoreSpace | undefined)[])[slot & MASK];
  }

  key(slot: number): string {
    return (this.#keys[slot >>> PAGE_BITS] as string[])[slot & MASK] as string;
  }

  range(slot: number): string {
    return (this.#ranges[slot >>> PAGE_BITS] as string[])[slot & MASK] as string;
  }

  token(slot: number): string {
    return (this.#tokens[slot >>> PAGE_BITS] as string[])[slot & MASK] as string;
  }

  validator(slot: number): string | undefined {
    return this.#validators.size === 0 ? undefined : this.#validators.get(slot);
  }

  /** Where the bytes of a slot are, among several locations. */
  location(slot: number): string | undefined {
    return this.#locations.size === 0 ? undefined : this.#locations.get(slot);
  }

  /** Records where the bytes of a slot are. */
  locate(slot: number, location: string): void {
    this.#locations.set(slot, location);
  }

  #grow(): number {
    const slot = this.#end++;
    if (slot >>> PAGE_BITS >= this.#numbers.length) {
      this.#numbers.push(new Float64Array(PAGE * STRIDE));
      this.#keys.push(new Array(PAGE).fill(""));
      this.#ranges.push(new Array(PAGE).fill(""));
      this.#tokens.push(new Array(PAGE).fill(""));
      this.#spaces.push(new Array(PAGE).fill(undefined));
    }
    return slot;
  }
}
