import { isUnder } from "../../key.ts";
import { type Part, partId } from "../../part.ts";
import type { ClaimRef } from "../../store-index.ts";

/**
 * How far a claim has come.
 *
 * `doomed` is a claim that was given while a write was open: it lives, but may not commit.
 */
export type ClaimState = "live" | "reserved" | "doomed" | "committed" | "revoked" | "released";

/** A claim as the model knows it. */
export interface ModelClaim {
  readonly ref: ClaimRef;
  readonly id: string;
  state: ClaimState;
  /** Whether it reserved to be pinned. */
  wantsPin?: boolean;
}

/** A write intent as the model knows it. */
export interface ModelIntent {
  readonly ref: ClaimRef;
  open: boolean;
  /** Whether the whole value was cached at the opening; `undefined` where the contract leaves open what counts. */
  hadCopy: boolean | undefined;
  contended: boolean;
}

/** A visible entry as the model knows it. */
export interface ModelEntry {
  readonly token: string;
  readonly part: Part;
  readonly missing: boolean;
  readonly size: number;
  pinned: boolean;
}

/**
 * What an index must hold, in the plainest terms: visible entries, live claims, open writes, and a charge per name.
 * It evicts nothing by itself and knows no ranks: which entries go is the index's to say, and the model follows.
 */
export class IndexModel {
  readonly entries: Map<string, ModelEntry> = new Map();
  readonly claims: ModelClaim[] = [];
  readonly intents: ModelIntent[] = [];
  /** Bytes charged by token: entries, reservations, condemned names. */
  readonly charges: Map<string, number> = new Map();
  readonly condemned: Set<string> = new Set();
  readonly #passes = new Map<string, number>();

  get charged(): number {
    let sum = 0;
    for (const charge of this.charges.values()) sum += charge;
    return sum;
  }

  /** The entries that may answer a part: its own and the whole value's. */
  answersOf(part: Part): ModelEntry[] {
    const own = this.entries.get(partId(part));
    const whole = part.range && this.entries.get(partId({ storeId: part.storeId, key: part.key }));
    return [own, whole].filter((entry) => entry !== undefined);
  }

  /** The claim on a part that others wait for. */
  holderOf(part: Part): ModelClaim | undefined {
    const id = partId(part);
    return this.claims.find((claim) => claim.id === id && isLive(claim));
  }

  isBeingWritten(part: Part): boolean {
    return this.intents.some(({ open, ref }) => open && isSameKey(ref.part, part));
  }

  isPassed(part: Part, now: number): boolean {
    return now < (this.#passes.get(partId(part)) ?? Number.NEGATIVE_INFINITY);
  }

  take(ref: ClaimRef): void {
    const state = this.isBeingWritten(ref.part) ? "doomed" : "live";
    this.claims.push({ ref, id: partId(ref.part), state });
  }

  commit(claim: ModelClaim, facts: { readonly missing: boolean; readonly size: number }): void {
    const old = this.entries.get(claim.id);
    this.condemn(old);
    const { token, part } = claim.ref;
    this.entries.set(claim.id, { token, part, ...facts, pinned: claim.wantsPin || old?.pinned === true });
    claim.state = "committed";
  }

  release(claim: ModelClaim, passUntil: number | undefined): void {
    if (claim.state === "committed" || claim.state === "released") return;
    if (isLive(claim) && passUntil !== undefined) this.#passes.set(claim.id, passUntil);
    claim.state = "released";
    if (this.charges.has(claim.ref.token)) this.condemned.add(claim.ref.token);
  }

  /** Makes an entry invisible; it is charged until it is freed. */
  condemn(entry: ModelEntry | undefined): void {
    if (entry === undefined) return;
    this.entries.delete(partId(entry.part));
    this.condemned.add(entry.token);
  }

  free(token: string): void {
    this.condemned.delete(token);
    this.charges.delete(token);
  }

  /** Removes entries and claims for which `covers` holds. */
  drop(covers: (part: Part) => boolean): void {
    for (const entry of [...this.entries.values()]) if (covers(entry.part)) this.condemn(entry);
    for (const claim of this.claims) if (isLive(claim) && covers(claim.ref.part)) claim.state = "revoked";
  }

  invalidate(storeId: string, path: string): void {
    const covers = (part: Part) => part.storeId === storeId && isUnder(part.key, path);
    this.drop(covers);
    for (const intent of this.intents)
      if (intent.open && covers(intent.ref.part)) intent.hadCopy &&= undefined;
  }

  openWrite(ref: ClaimRef): void {
    const whole = this.entries.get(partId(ref.part));
    const hadCopy = whole === undefined ? false : whole.missing ? undefined : true;
    const others = this.intents.filter(({ open, ref: { part } }) => open && isSameKey(part, ref.part));
    for (const other of others) other.contended = true;
    this.intents.push({ ref, open: true, hadCopy, contended: others.length > 0 });
    this.drop((part) => isSameKey(part, ref.part));
  }

  /** Whether closing a write answers a claim; `undefined` where the contract leaves it open. */
  closeWrite(intent: ModelIntent, keep: boolean): boolean | undefined {
    if (!intent.open) return false;
    intent.open = false;
    this.drop((part) => isSameKey(part, intent.ref.part));
    return keep && !intent.contended ? intent.hadCopy : false;
  }
}

/** Whether others wait for a claim. */
export function isLive({ state }: ModelClaim): boolean {
  return state === "live" || state === "reserved" || state === "doomed";
}

function isSameKey(a: Part, b: Part): boolean {
  return a.storeId === b.storeId && a.key === b.key;
}
