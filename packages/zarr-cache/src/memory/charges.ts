import type { StoredName } from "../store-opener.ts";
import type { EntrySlots } from "./entry-slots.ts";
import * as Field from "./slot-fields.ts";
import * as SlotState from "./slot-states.ts";
import type { StoreSpace } from "./store-space.ts";

const NONE = -1;

/**
 * What a memory index charges for, and the condemned names that it still charges for until their bytes are gone: a
 * list in the order of condemnation, linked through the records of their slots.
 */
export class Charges {
  readonly #slots: EntrySlots;
  #total = 0;
  #condemnedBytes = 0;
  #owed = 0;
  #first = NONE;
  #last = NONE;
  /** Reservations that are neither committed, released nor revoked. */
  reservations = 0;

  constructor(slots: EntrySlots) {
    this.#slots = slots;
  }

  /** Bytes charged in all. */
  get total(): number {
    return this.#total;
  }

  /** Of these, bytes of condemned names, and what is owed. */
  get condemnedBytes(): number {
    return this.#condemnedBytes;
  }

  /** Bytes charged for what an earlier process left. */
  get owed(): number {
    return this.#owed;
  }

  add(space: StoreSpace, bytes: number): void {
    this.#total += bytes;
    space.bytes += bytes;
  }

  /** Charges so many bytes for what an earlier process left. */
  owe(bytes: number): void {
    this.#total += bytes - this.#owed;
    this.#condemnedBytes += bytes - this.#owed;
    this.#owed = bytes;
  }

  /** Marks the charge of a slot, which nobody finds any more, as condemned. */
  condemn(slot: number): void {
    const charge = this.#slots.number(slot, Field.charge);
    this.#slots.setNumber(slot, Field.state, SlotState.condemned);
    this.#slots.setNumber(slot, Field.next, NONE);
    this.#slots.setNumber(slot, Field.previous, this.#last);
    if (this.#last === NONE) this.#first = slot;
    else this.#slots.setNumber(this.#last, Field.next, slot);
    this.#last = slot;
    this.#condemnedBytes += charge;
    this.#slots.space(slot).condemnedBytes += charge;
  }

  /** Stops charging a condemned name; any other is left alone. */
  free(token: string): void {
    const slot = this.#slots.slotOf(token);
    if (slot < 0 || !this.#slots.isIn(slot, SlotState.condemned)) return;
    const next = this.#slots.number(slot, Field.next);
    const previous = this.#slots.number(slot, Field.previous);
    if (previous === NONE) this.#first = next;
    else this.#slots.setNumber(previous, Field.next, next);
    if (next === NONE) this.#last = previous;
    else this.#slots.setNumber(next, Field.previous, previous);
    const charge = this.#slots.number(slot, Field.charge);
    const space = this.#slots.space(slot);
    this.#condemnedBytes -= charge;
    space.condemnedBytes -= charge;
    this.add(space, -charge);
    this.#slots.release(slot);
  }

  /** Some of the condemned names, oldest first. */
  names(limit: number): readonly StoredName[] {
    const names: StoredName[] = [];
    for (
      let slot = this.#first;
      slot !== NONE && names.length < limit;
      slot = this.#slots.number(slot, Field.next)
    )
      names.push(this.nameOf(slot));
    return names;
  }

  /** The name that a slot holds. */
  nameOf(slot: number): StoredName {
    return { storeId: this.#slots.space(slot).storeId, token: this.#slots.token(slot) };
  }

  /** Sets the total to what was recounted. */
  correct(total: number): void {
    this.#total = total;
  }
}
