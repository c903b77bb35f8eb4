import { hashOf } from "../text-hash.ts";
import { HEX } from "../token.ts";
import { decimalAt } from "./decimal.ts";
import { EntryExtras } from "./entry-extras.ts";
import * as Field from "./slot-fields.ts";
import * as SlotState from "./slot-states.ts";
import type { StoreSpace } from "./store-space.ts";

const PAGE_BITS = 12;
const PAGE = 1 << PAGE_BITS;
const MASK = PAGE - 1;

/** What a slot stands for. */
export type StateOfSlot = (typeof SlotState)[keyof typeof SlotState];

const STRIDE = 16;

/** Characters at the end of a token that follow from the rest. */
const SPREAD = 2;

/**
 * The names of a memory index, each in a slot from its claim until its bytes are gone: records of numbers in pages, and
 * keys in arrays beside them. The garbage collector need not look at the numbers, and nothing is copied as they grow.
 *
 * A token is the epoch, the number of the slot, how often the slot was given back, and two digits that look random: it
 * names one use of one slot, is made when somebody asks for it, and leads back to its slot without a map.
 */
export class EntrySlots {
  readonly extras: EntryExtras = new EntryExtras();
  readonly #epoch: string;
  readonly #seed: number;
  readonly #records: Float64Array[] = [];
  readonly #keys: string[][] = [];
  /** Pages exist where there was a range. */
  readonly #ranges: (string[] | undefined)[] = [];
  /** Tokens that stand for bytes: the engine keeps a hash with a string, so that finding bytes under the same one is quick. */
  readonly #tokens: ((string | undefined)[] | undefined)[] = [];
  readonly #spaces: StoreSpace[] = [];
  readonly #free: number[] = [];
  #end = 0;
  // The token that was made last, and what it names: an evicted name is mostly freed next.
  #lastToken = "";
  #lastSlot = 0;
  #lastGeneration = -1;

  constructor(epoch: string) {
    this.#epoch = epoch;
    this.#seed = Number.parseInt(epoch.slice(0, 8), 16);
  }

  /** One more than the highest slot ever used; walk from 0 and skip what {@link isIn} says is something else. */
  get end(): number {
    return this.#end;
  }

  /** Numbers a space, for records to refer to. */
  addSpace(space: StoreSpace): number {
    return this.#spaces.push(space) - 1;
  }

  /** Hashes a key and range as the records of this index do. */
  hash(key: string, range: string): number {
    return hashOf(this.#seed, key, range);
  }

  /** Takes a slot for a claim. Its other numbers are whatever was there before. */
  take(space: StoreSpace, key: string, range: string, hash: number): number {
    const slot = this.#free.pop() ?? this.#grow();
    const page = slot >>> PAGE_BITS;
    const record = this.#records[page] as Float64Array;
    const at = (slot & MASK) * STRIDE;
    record[at + Field.state] = SlotState.claimed;
    record[at + Field.space] = space.number;
    record[at + Field.hash] = hash;
    (this.#keys[page] as string[])[slot & MASK] = key;
    let ranges = this.#ranges[page];
    if (ranges === undefined && range !== "") {
      ranges = new Array(PAGE).fill("");
      this.#ranges[page] = ranges;
    }
    if (ranges !== undefined) ranges[slot & MASK] = range;
    return slot;
  }

  /** Gives a slot back; its token ends. Its strings stay until the slot is taken again, which is soon. */
  release(slot: number): void {
    const record = this.record(slot);
    const at = this.offset(slot);
    record[at + Field.state] = SlotState.free;
    record[at + Field.generation] = (record[at + Field.generation] as number) + 1;
    const tokens = this.#tokens[slot >>> PAGE_BITS];
    if (tokens !== undefined) tokens[slot & MASK] = undefined;
    this.#free.push(slot);
  }

  /** The record that holds a slot's numbers, from {@link offset} on. */
  record(slot: number): Float64Array {
    return this.#records[slot >>> PAGE_BITS] as Float64Array;
  }

  /** Where a slot's numbers begin in its record. */
  offset(slot: number): number {
    return (slot & MASK) * STRIDE;
  }

  number(slot: number, field: number): number {
    return this.record(slot)[this.offset(slot) + field] as number;
  }

  setNumber(slot: number, field: number, value: number): void {
    this.record(slot)[this.offset(slot) + field] = value;
  }

  isIn(slot: number, state: StateOfSlot): boolean {
    return this.number(slot, Field.state) === state;
  }

  /** Whether a slot is in this state and of this key and range. */
  is(slot: number, key: string, range: string, state: StateOfSlot): boolean {
    return this.key(slot) === key && this.isIn(slot, state) && this.range(slot) === range;
  }

  isMissing(slot: number): boolean {
    return (this.number(slot, Field.serialAndMissing) & 1) === 1;
  }

  space(slot: number): StoreSpace {
    return this.#spaces[this.number(slot, Field.space)] as StoreSpace;
  }

  key(slot: number): string {
    return (this.#keys[slot >>> PAGE_BITS] as string[])[slot & MASK] as string;
  }

  range(slot: number): string {
    return this.#ranges[slot >>> PAGE_BITS]?.[slot & MASK] ?? "";
  }

  token(slot: number): string {
    return (
      this.#tokens[slot >>> PAGE_BITS]?.[slot & MASK] ??
      this.tokenOf(slot, this.number(slot, Field.generation))
    );
  }

  /** Keeps the very string by which the bytes of a slot were named. */
  keepToken(slot: number, token: string): void {
    let tokens = this.#tokens[slot >>> PAGE_BITS];
    if (tokens === undefined) {
      tokens = new Array<string | undefined>(PAGE).fill(undefined);
      this.#tokens[slot >>> PAGE_BITS] = tokens;
    }
    tokens[slot & MASK] = token;
  }

  /** The token of a slot after it was given back so many times. */
  tokenOf(slot: number, generation: number): string {
    const token = `${this.#epoch}${slot}x${generation}${this.#spread(slot, generation)}`;
    this.#lastToken = token;
    this.#lastSlot = slot;
    this.#lastGeneration = generation;
    return token;
  }

  /** The slot that a token names, or -1 when it names none: it is over, forged, or of another epoch. */
  slotOf(token: string): number {
    if (token !== this.#lastToken && !this.#parse(token)) return -1;
    const slot = this.#lastSlot;
    if (slot >= this.#end || this.isIn(slot, SlotState.free)) return -1;
    return this.number(slot, Field.generation) === this.#lastGeneration ? slot : -1;
  }

  /** Reads a token as if it had been made last; whether it is one. */
  #parse(token: string): boolean {
    if (!token.startsWith(this.#epoch)) return false;
    const cross = token.indexOf("x", this.#epoch.length);
    const slot = decimalAt(token, this.#epoch.length, cross);
    const end = token.length - SPREAD;
    const generation = decimalAt(token, cross + 1, end);
    if (slot < 0 || generation < 0 || !token.endsWith(this.#spread(slot, generation))) return false;
    this.#lastToken = token;
    this.#lastSlot = slot;
    this.#lastGeneration = generation;
    return true;
  }

  /** Two digits that follow from the rest and look random: media spread their names by the end of them. */
  #spread(slot: number, generation: number): string {
    const mixed = Math.imul(slot ^ Math.imul(generation, 0x9e3779b1) ^ this.#seed, 0x85ebca6b);
    return HEX[mixed >>> 24] as string;
  }

  #grow(): number {
    const slot = this.#end++;
    if (slot >>> PAGE_BITS >= this.#records.length) {
      this.#records.push(new Float64Array(PAGE * STRIDE));
      this.#keys.push(new Array(PAGE).fill(""));
      this.#ranges.push(undefined);
      this.#tokens.push(undefined);
    }
    return slot;
  }
}
