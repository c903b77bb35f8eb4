import { type Part, partId } from "../part.ts";
import type { ClaimRef, Failure, Reservation, Settlement } from "../store-index.ts";

/** A claim or write intent in this process. The holder keeps this very object. */
export class MemoryClaim implements ClaimRef {
  readonly token: string;
  readonly part: Part;
  readonly id: string;
  readonly claimedAt: number;
  /** False once it was committed, released or revoked. */
  live = true;
  committed = false;
  /** Whether the part may have an older entry, to be replaced by this claim's. */
  overOld = true;
  reservation: Reservation | undefined;
  /** Bytes charged for the reservation; 0 before it. */
  charge = 0;
  failure: Failure | undefined;
  /** For write intents: another intent overlapped, and whether a whole value was cached at the opening. */
  contended = false;
  hadCopy = false;
  waiters: Set<() => void> | undefined;

  constructor(token: string, part: Part, claimedAt: number) {
    this.token = token;
    this.part = part;
    this.id = partId(part);
    this.claimedAt = claimedAt;
  }

  /** Ends the claim and wakes those who wait for it. */
  end(): void {
    this.live = false;
    const { waiters } = this;
    this.waiters = undefined;
    if (waiters !== undefined) for (const wake of waiters) wake();
  }
}

const MOST_PASSES = 10_000;

/** The live claims, write intents and pass marks of a memory index. */
export class ClaimBook {
  readonly claims: Map<string, MemoryClaim> = new Map();
  /** Revoked claims whose holders still have bytes charged. */
  readonly revoked: Set<MemoryClaim> = new Set();
  readonly #intents = new Map<string, Set<MemoryClaim>>();
  readonly #passes = new Map<string, number>();

  /** The claim that a reference stands for, live or not; `undefined` when this book never made it or forgot it. */
  resolve(ref: ClaimRef): MemoryClaim | undefined {
    if (ref instanceof MemoryClaim) return ref;
    const claim = this.claims.get(partId(ref.part));
    if (claim?.token === ref.token) return claim;
    for (const revoked of this.revoked) if (revoked.token === ref.token) return revoked;
    return undefined;
  }

  /** Ends a claim; `true` if it was live. */
  end(claim: MemoryClaim): boolean {
    if (!claim.live) return false;
    if (this.claims.get(claim.id) === claim) this.claims.delete(claim.id);
    claim.end();
    return true;
  }

  /** Takes a claim away from its holder, who must still release it if it holds a reservation. */
  revoke(claim: MemoryClaim): void {
    if (this.end(claim) && claim.charge > 0) this.revoked.add(claim);
  }

  /** Waits until a claim ends. Rejects when aborted. */
  settled(part: Part, token: string, signal: AbortSignal): Promise<Settlement> {
    const claim = this.claims.get(partId(part));
    if (claim === undefined || claim.token !== token) return Promise.resolve({ failure: undefined });
    return new Promise((resolve, reject) => {
      const wake = () => {
        signal.removeEventListener("abort", leave);
        resolve({ failure: claim.failure });
      };
      const leave = () => {
        claim.waiters?.delete(wake);
        reject(signal.reason);
      };
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      claim.waiters ??= new Set();
      claim.waiters.add(wake);
      signal.addEventListener("abort", leave, { once: true });
    });
  }

  /** Marks that nobody shall queue for a part until some time. */
  markPass(id: string, until: number, now: number): void {
    this.#passes.delete(id);
    this.#passes.set(id, until);
    // The oldest come first: those that have ended go, and so do the oldest of too many.
    for (const [oldest, end] of this.#passes) {
      if (now < end && this.#passes.size <= MOST_PASSES) break;
      this.#passes.delete(oldest);
    }
  }

  /** Whether a part has a pass mark at `now`; forgets marks that have ended. */
  passes(id: string, now: number): boolean {
    if (this.#passes.size === 0) return false;
    const until = this.#passes.get(id);
    if (until === undefined) return false;
    if (now < until) return true;
    this.#passes.delete(id);
    return false;
  }

  /** Forgets pass marks that have ended; returns how many. */
  expirePasses(now: number): number {
    let expired = 0;
    for (const [id, until] of this.#passes)
      if (now >= until) {
        this.#passes.delete(id);
        expired++;
      }
    return expired;
  }

  openIntent(intent: MemoryClaim): void {
    const key = intentKey(intent.part);
    const intents = this.#intents.get(key);
    if (intents === undefined) {
      this.#intents.set(key, new Set([intent]));
      return;
    }
    intents.add(intent);
    for (const each of intents) each.contended = true;
  }

  /** Ends an intent; false if it had ended before. */
  closeIntent(intent: MemoryClaim): boolean {
    if (!intent.live) return false;
    intent.live = false;
    const intents = this.#intents.get(intentKey(intent.part));
    intents?.delete(intent);
    if (intents?.size === 0) this.#intents.delete(intentKey(intent.part));
    return true;
  }

  isBeingWritten(part: Part): boolean {
    return this.#intents.size > 0 && this.#intents.has(intentKey(part));
  }
}

function intentKey(part: Part): string {
  return `${part.storeId}\n${part.key}`;
}
