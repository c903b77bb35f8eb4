import { type Part, rangeIdOf } from "../part.ts";
import { waitOrLeave } from "../shared-wait.ts";
import type { ClaimRef, Failure, Reservation, Settlement } from "../store-index.ts";
import type { EntrySlots } from "./entry-slots.ts";
import * as Field from "./slot-fields.ts";
import * as SlotState from "./slot-states.ts";

const NOWHERE = -1;

/** A claim in this process. The holder keeps this very object. */
export class MemoryClaim implements ClaimRef {
  readonly part: Part;
  readonly claimedAt: number;
  readonly slot: number;
  readonly #slots: EntrySlots;
  readonly #generation: number;
  #token: string | undefined;
  /** Where the book holds it. */
  at: number = NOWHERE;
  /** False once it was committed, released or revoked. */
  live = true;
  /** Whether the part may have an older entry, to be replaced by this claim's. */
  readonly overOld: boolean;
  reservation: Reservation | undefined;
  /** Bytes charged for the reservation; 0 before it. */
  charge = 0;
  failure: Failure | undefined;
  /** Whether nobody shall wait for it. */
  letsPass = false;
  waiters: Set<() => void> | undefined;

  constructor(slots: EntrySlots, slot: number, part: Part, claimedAt: number, overOld: boolean) {
    this.#slots = slots;
    this.#generation = slots.number(slot, Field.generation);
    this.slot = slot;
    this.part = part;
    this.claimedAt = claimedAt;
    this.overOld = overOld;
  }

  get token(): string {
    this.#token ??= this.#slots.tokenOf(this.slot, this.#generation);
    return this.#token;
  }

  /** The token, if somebody asked for it. */
  get askedToken(): string | undefined {
    return this.#token;
  }
}

/** The claims of a memory index that live, and those that were revoked while their holders have bytes charged. */
export class ClaimBook {
  readonly #slots: EntrySlots;
  readonly #held: MemoryClaim[] = [];

  constructor(slots: EntrySlots) {
    this.#slots = slots;
  }

  /** All claims, in no order. A walk from the end may end the one that it is at. */
  get held(): readonly MemoryClaim[] {
    return this.#held;
  }

  /** Enters a claim whose slot was taken. */
  add(claim: MemoryClaim): void {
    this.#put(claim, this.#held.length);
  }

  /** The claim of a slot that is claimed. */
  of(slot: number): MemoryClaim {
    return this.#held[this.#slots.number(slot, Field.held)] as MemoryClaim;
  }

  /** The claim that a reference stands for, live or revoked; `undefined` when it is over or never was. */
  resolve(ref: ClaimRef): MemoryClaim | undefined {
    if (ref instanceof MemoryClaim) return this.#held[ref.at] === ref ? ref : undefined;
    const { token, part } = ref;
    const slot = this.#slots.slotOf(token);
    if (slot < 0 || this.#slots.space(slot).storeId !== part.storeId) return undefined;
    return this.#slots.is(slot, part.key, rangeIdOf(part), SlotState.claimed) ? this.of(slot) : undefined;
  }

  /** Ends a live claim that became an entry, and wakes those who wait for it. */
  commit(claim: MemoryClaim): void {
    this.#drop(claim);
    wake(claim);
  }

  /** Ends a claim whose holder gives it up, and wakes those who wait for it. The slot is the caller's. */
  release(claim: MemoryClaim): void {
    if (claim.live) this.#slots.space(claim.slot).removeClaim(claim.slot);
    this.#drop(claim);
    wake(claim);
  }

  /** Takes a live claim away from its holder, who must still release it if it holds a reservation. */
  revoke(claim: MemoryClaim): void {
    this.#slots.space(claim.slot).removeClaim(claim.slot);
    if (claim.charge === 0) {
      this.#drop(claim);
      this.#slots.release(claim.slot);
    }
    wake(claim);
  }

  /** Lets nobody wait for a claim, which lives on. */
  letPass(claim: MemoryClaim): void {
    claim.letsPass = true;
    wakeWaiters(claim);
  }

  /** Waits until a claim ends, or lets pass. Rejects when aborted. */
  settled(part: Part, token: string, signal: AbortSignal): Promise<Settlement> {
    const claim = this.resolve({ part, token, claimedAt: 0 });
    if (claim?.live !== true || claim.letsPass) return Promise.resolve({ failure: undefined });
    let wake!: () => void;
    const settled = new Promise<Settlement>((resolve) => {
      wake = () => resolve({ failure: claim.failure });
    });
    claim.waiters ??= new Set();
    claim.waiters.add(wake);
    return waitOrLeave(settled, signal, () => claim.waiters?.delete(wake));
  }

  #put(claim: MemoryClaim, at: number): void {
    claim.at = at;
    this.#held[at] = claim;
    this.#slots.setNumber(claim.slot, Field.held, at);
  }

  /** Takes a claim out; the last one gets its place. */
  #drop(claim: MemoryClaim): void {
    const last = this.#held.pop() as MemoryClaim;
    if (last !== claim) this.#put(last, claim.at);
    claim.at = NOWHERE;
  }
}

function wake(claim: MemoryClaim): void {
  claim.live = false;
  wakeWaiters(claim);
}

function wakeWaiters(claim: MemoryClaim): void {
  const { waiters } = claim;
  claim.waiters = undefined;
  if (waiters !== undefined) for (const each of waiters) each();
}
