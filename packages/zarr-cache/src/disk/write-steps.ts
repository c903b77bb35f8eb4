import { wholeId } from "../part.ts";
import type { ClaimRef } from "../store-index.ts";
import { newToken } from "../token.ts";
import { type IntentRecord, intentsOn, putClaim } from "./claim-records.ts";
import { fitsKey, getJson, putJson } from "./index-tables.ts";
import { drop } from "./invalidation-steps.ts";
import type { Ledger } from "./ledger.ts";

/** Opens a write intent on a key and removes its entries and claims. */
export function openWrite(ledger: Ledger, storeId: string, key: string): ClaimRef {
  const { state } = ledger.tables;
  if (!isCacheable(storeId, key)) {
    drop(ledger, storeId, key, true);
    return { token: newToken(ledger.epoch), part: { storeId, key }, claimedAt: ledger.now };
  }
  const others = intentsOn(ledger, storeId, key);
  for (const [name, intent] of others) putJson(state, name, { ...intent, contended: true });
  const copy = ledger.visibleEntry(wholeId({ storeId, key }));
  drop(ledger, storeId, key, true);
  const token = newToken(ledger.epoch);
  putJson(state, intentName(storeId, key, token), {
    renewedAt: ledger.now,
    contended: others.size > 0,
    hadCopy: copy !== undefined && !copy.missing,
  } satisfies IntentRecord);
  ledger.head.intents++;
  return { token, part: { storeId, key }, claimedAt: ledger.now };
}

/**
 * Closes a write intent and removes what came since. With `keep`, and if it is certain that these bytes are what the
 * source now holds, answers a claim for them.
 */
export function closeWrite(ledger: Ledger, ref: ClaimRef, keep: boolean): ClaimRef | undefined {
  const { storeId, key } = ref.part;
  const { state } = ledger.tables;
  if (!isCacheable(storeId, key)) {
    drop(ledger, storeId, key, true);
    return undefined;
  }
  const name = intentName(storeId, key, ref.token);
  const intent = getJson<IntentRecord>(state, name);
  // Closed before.
  if (intent === undefined) return undefined;
  void state.remove(name);
  ledger.head.intents--;
  drop(ledger, storeId, key, true);
  if (!keep || intent.contended || !intent.hadCopy) return undefined;
  if (!ledger.lives(intent.renewedAt) || intentsOn(ledger, storeId, key).size > 0) return undefined;
  const token = newToken(ledger.epoch);
  const { now } = ledger;
  putClaim(ledger, wholeId({ storeId, key }), {
    token,
    claimedAt: now,
    renewedAt: now,
    birth: ledger.head.serial,
  });
  return { token, part: { storeId, key }, claimedAt: now };
}

/** Whether a key is short enough for entries and intents. One that is not has an intent that is not recorded. */
export function isCacheable(storeId: string, key: string): boolean {
  return fitsKey(wholeId({ storeId, key }));
}

/** The key of an intent's record. */
export function intentName(storeId: string, key: string, token: string): string {
  return `i${storeId}\n${key}\n${token}`;
}
