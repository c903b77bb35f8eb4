import { NO_AGE } from "../ages.ts";
import { isUnder } from "../key.ts";
import type { ClaimRef, SweepStep } from "../store-index.ts";
import type { MemoryClaim } from "./claim-book.ts";
import { claim } from "./fill-steps.ts";
import type { Ledger } from "./ledger.ts";
import type { MemoryIntent } from "./write-intents.ts";

/** Takes claims away and hides entries of a path, at once. What is hidden is removed by {@link removeSome}. */
export function hide(ledger: Ledger, storeId: string, path: string): void {
  revokeWhere(ledger, ({ part }) => part.storeId === storeId && isUnder(part.key, path));
  ledger.residents.hide(storeId, path);
}

/** Opens a write intent, which removes what there is of a key. */
export function openWrite(ledger: Ledger, storeId: string, key: string): ClaimRef {
  const whole = ledger.residents.find({ storeId, key });
  const hadCopy = whole >= 0 && !ledger.slots.isMissing(whole);
  const intent = ledger.intents.open(storeId, key, ledger.clock(), hadCopy);
  dropKey(ledger, storeId, key);
  return intent;
}

/** Closes a write intent, which removes what came since; answers a claim for bytes that are to be kept. */
export function closeWrite(ledger: Ledger, intent: MemoryIntent, keep: boolean): ClaimRef | undefined {
  const { part } = intent;
  if (!ledger.intents.close(intent)) return undefined;
  dropKey(ledger, part.storeId, part.key);
  if (!keep || intent.contended || !intent.hadCopy) return undefined;
  const answer = claim(ledger, part, NO_AGE);
  return answer.state === "fill" ? answer.claim : undefined;
}

/** Condemns a slice of what is hidden; how many names, and whether there is more. */
export function removeSome({ residents, charges }: Ledger): Pick<SweepStep, "condemned" | "more"> {
  let condemned = 0;
  const more = residents.removeHidden((slot) => {
    charges.condemn(slot);
    condemned++;
  });
  return { condemned, more };
}

/** Forgets pass marks that have ended, and condemns a slice of what is hidden. */
export function sweep(ledger: Ledger): SweepStep {
  return { expired: ledger.passes.expire(ledger.clock()), ...removeSome(ledger) };
}

function dropKey(ledger: Ledger, storeId: string, key: string): void {
  revokeWhere(ledger, ({ part }) => part.storeId === storeId && part.key === key);
  for (const slot of ledger.residents.space(storeId).parts(key)) ledger.condemn(slot);
}

function revokeWhere({ book, charges }: Ledger, covers: (claim: MemoryClaim) => boolean): void {
  for (let at = book.held.length - 1; at >= 0; at--) {
    const claim = book.held[at] as MemoryClaim;
    if (!claim.live || !covers(claim)) continue;
    if (claim.charge > 0) charges.reservations--;
    book.revoke(claim);
  }
}
