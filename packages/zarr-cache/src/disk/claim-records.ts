import { wholeId } from "../part.ts";
import type { Failure } from "../store-index.ts";
import { fitsKey, getJson, keysUnder, putJson } from "./index-tables.ts";
import type { Ledger } from "./ledger.ts";

/** A claim as it is stored under `k<part id>`. */
export interface ClaimRecord {
  readonly token: string;
  readonly claimedAt: number;
  readonly renewedAt: number;
  /** Serial of the invalidations when it was taken; a later one that covers it has revoked it. */
  readonly birth: number;
  readonly reserved?: ReservedCharge;
  /** True when nobody shall wait for it. */
  readonly letsPass?: boolean;
}

/** What a claim has been charged. */
export interface ReservedCharge {
  readonly charge: number;
  /** Nothing for that of what is pinned. */
  readonly weight: number | null;
  /** True when the part had an entry then, so that the number of entries does not grow. */
  readonly replaces: boolean;
}

/** A write intent as it is stored under `i<store id>\n<key>\n<token>`. */
export interface IntentRecord {
  readonly renewedAt: number;
  readonly contended: boolean;
  readonly hadCopy: boolean;
  /** True when a sweep found it dead. Its writer may yet come back and close it. */
  readonly expired?: boolean;
}

/** For how long waiters can learn why a claim ended. */
const FAILURE_KEPT = 5000;
/** So many parts at most are marked; the others just queue. */
const MOST_MARKS = 10_000;
const MOST_FAILURE_TEXT = 1000;

/** The claim on a part, revoked by a cut or not. */
export function recordedClaim(ledger: Ledger, id: string): ClaimRecord | undefined {
  return fitsKey(id) ? getJson<ClaimRecord>(ledger.tables.state, `k${id}`) : undefined;
}

/** The claim on a part, unless an invalidation revoked it. */
export function claimOn(ledger: Ledger, id: string): ClaimRecord | undefined {
  const claim = recordedClaim(ledger, id);
  return claim === undefined || ledger.cuts.hides(id, claim.birth) ? undefined : claim;
}

/** The claim on a part if it is the one with this token. */
export function heldClaim(ledger: Ledger, id: string, token: string): ClaimRecord | undefined {
  const claim = claimOn(ledger, id);
  return claim?.token === token ? claim : undefined;
}

/** Writes a claim. */
export function putClaim(ledger: Ledger, id: string, claim: ClaimRecord): void {
  putJson(ledger.tables.state, `k${id}`, claim);
}

/** Ends a claim. What it reserved stays charged; see {@link takeAway} and `NameBook.condemn`. */
export function endClaim(ledger: Ledger, id: string, claim: ClaimRecord): void {
  void ledger.tables.state.remove(`k${id}`);
  if (claim.reserved?.replaces === false) ledger.head.reserved--;
}

/** Ends whatever claim is on a part; its owner may still be writing the bytes that it reserved. */
export function takeAway(ledger: Ledger, id: string): void {
  const claim = recordedClaim(ledger, id);
  if (claim === undefined) return;
  endClaim(ledger, id, claim);
  if (claim.reserved === undefined) return;
  if (ledger.lives(claim.renewedAt)) ledger.names.revoke(claim.token, claim.renewedAt);
  else ledger.names.condemn(claim.token);
}

/** The live write intents on a key, by the keys of their records. */
export function intentsOn(ledger: Ledger, storeId: string, key: string): Map<string, IntentRecord> {
  const live = new Map<string, IntentRecord>();
  const whole = wholeId({ storeId, key });
  if (ledger.head.intents === 0 || !fitsKey(whole)) return live;
  for (const name of keysUnder(ledger.tables.state, `i${whole}`, 100)) {
    const intent = getJson<IntentRecord>(ledger.tables.state, name);
    if (intent !== undefined && ledger.lives(intent.renewedAt)) live.set(name, intent);
  }
  return live;
}

/** Says for some time that nobody shall queue for a part. */
export function markPass(ledger: Ledger, id: string, milliseconds: number): void {
  const { state } = ledger.tables;
  const isNew = !state.doesExist(`p${id}`);
  if (isNew && ledger.head.marks >= MOST_MARKS) return;
  putJson(state, `p${id}`, { until: ledger.now + milliseconds, since: ledger.now });
  if (isNew) ledger.head.marks++;
}

/** Whether nobody shall queue for a part. */
export function isMarked(ledger: Ledger, id: string): boolean {
  if (ledger.head.marks === 0) return false;
  const mark = getJson<{ until: number; since: number }>(ledger.tables.state, `p${id}`);
  return mark !== undefined && ledger.now >= mark.since && ledger.now < mark.until;
}

/** Keeps the failure that ended a claim for those who wait. */
export function keepFailure(ledger: Ledger, token: string, { name, message }: Failure): void {
  const failure = { name: name.slice(0, MOST_FAILURE_TEXT), message: message.slice(0, MOST_FAILURE_TEXT) };
  putJson(ledger.tables.state, `f${token}`, { failure, until: ledger.now + FAILURE_KEPT });
}
