import { partId } from "../part.ts";
import type { ClaimRef, SweepStep } from "../store-index.ts";
import { heldClaim, type IntentRecord, putClaim, recordedClaim, takeAway } from "./claim-records.ts";
import { getJson, keysUnder, putJson } from "./index-tables.ts";
import { drop, workOffCut } from "./invalidation-steps.ts";
import type { Ledger } from "./ledger.ts";
import { intentName, isCacheable } from "./write-steps.ts";

/** Where a sweep goes on: the last key of the state table that it saw. */
export interface SweepPlace {
  after: string | undefined;
}

const MOST_PER_STEP = 500;
const INTENT_KEPT = 86_400_000;
/** Who drops what everybody must be told of. */
const NOBODY = "";
/** Records that end by themselves: claims, intents, pass marks, failures, revoked reservations. */
const PREFIXES = ["f", "i", "k", "p", "v"];

/** Does one bounded step of tidying, beginning where the last one ended. */
export function sweep(ledger: Ledger, place: SweepPlace): SweepStep {
  const condemned = workOffCut(ledger);
  let expired = 0;
  let left = MOST_PER_STEP;
  for (const prefix of PREFIXES) {
    if (place.after !== undefined && place.after[0] !== undefined && place.after[0] > prefix) continue;
    const after = place.after?.startsWith(prefix) ? place.after : undefined;
    const keys = left === 0 ? [] : keysUnder(ledger.tables.state, prefix, left, after);
    for (const key of keys) if (expire(ledger, key)) expired++;
    left -= keys.length;
    place.after = keys.at(-1) ?? place.after;
  }
  if (left > 0) place.after = undefined;
  return { expired, condemned, more: left === 0 || ledger.head.cuts > 0 };
}

/** Keeps claims and intents alive; answers the tokens of those that no longer hold. */
export function renew(ledger: Ledger, refs: readonly ClaimRef[]): string[] {
  const lost: string[] = [];
  const { state } = ledger.tables;
  for (const { token, part } of refs) {
    if (!isCacheable(part.storeId, part.key)) continue;
    const id = partId(part);
    const held = heldClaim(ledger, id, token);
    const name = intentName(part.storeId, part.key, token);
    const intent = held === undefined ? getJson<IntentRecord>(state, name) : undefined;
    if (held !== undefined) putClaim(ledger, id, { ...held, renewedAt: ledger.now });
    else if (intent !== undefined) putJson(state, name, { ...intent, renewedAt: ledger.now, expired: false });
    else {
      lost.push(token);
      // Its owner lives, and may still be writing.
      if (state.doesExist(`v${token}`)) putJson(state, `v${token}`, { renewedAt: ledger.now });
    }
  }
  return lost;
}

/**
 * An intent that is not renewed stops nobody, but it is kept for a day: closing it must still drop what came since. Until
 * then nobody else tells what was written, so all are told here, once; again if its writer comes back and dies anew.
 */
function expireIntent(ledger: Ledger, key: string): boolean {
  const { state } = ledger.tables;
  const intent = getJson<IntentRecord>(state, key);
  if (intent === undefined || ledger.lives(intent.renewedAt)) return false;
  if (Math.abs(ledger.now - intent.renewedAt) > INTENT_KEPT) {
    void state.remove(key);
    ledger.head.intents--;
  } else if (intent.expired !== true) putJson(state, key, { ...intent, expired: true });
  const [storeId = "", path = ""] = key.slice(1).split("\n");
  if (intent.expired !== true) drop(ledger, storeId, path, true, NOBODY);
  return intent.expired !== true;
}

/** Ends a record whose time is over; tells whether somebody's right ended with it. */
function expire(ledger: Ledger, key: string): boolean {
  const { state } = ledger.tables;
  const rest = key.slice(1);
  if (key.startsWith("k")) {
    const claim = recordedClaim(ledger, rest);
    if (claim === undefined || ledger.lives(claim.renewedAt)) return false;
    takeAway(ledger, rest);
    return true;
  }
  if (key.startsWith("i")) return expireIntent(ledger, key);
  if (key.startsWith("v")) {
    const record = getJson<{ renewedAt: number }>(state, key);
    if (record === undefined || ledger.lives(record.renewedAt)) return false;
    ledger.names.condemn(rest);
    return true;
  }
  const record = getJson<{ until: number; since?: number }>(state, key);
  const isOver = record === undefined || ledger.now >= record.until || ledger.now < (record.since ?? 0);
  if (isOver) {
    void state.remove(key);
    if (key.startsWith("p")) ledger.head.marks--;
  }
  return false;
}
