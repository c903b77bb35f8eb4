import type { CacheStorage } from "../storage.ts";
import { check, equal } from "./check.ts";

/**
 * Throws a `ContractError` unless a storage is in order once it rests: every tier within its budget, no bytes that
 * nothing charges for, no entry without its bytes, no count that does not add up. For use after any test.
 */
export async function checkInvariants(storage: CacheStorage): Promise<void> {
  await storage.idle();
  await storage.sweep();
  await storage.idle();
  const { tiers } = await storage.usage();
  for (const { tier, bytes, maxBytes, entries, maxEntries } of tiers) {
    check(bytes <= maxBytes, `${tier} is charged ${bytes} bytes of a budget of ${maxBytes}`);
    check(entries <= maxEntries, `${tier} has ${entries} entries, allowed are ${maxEntries}`);
  }
  const { lost, corrupt, orphans, accounting } = await storage.verify();
  equal([...accounting], [], "accounts that verify finds wrong");
  equal({ lost, corrupt, orphans }, { lost: 0, corrupt: 0, orphans: 0 }, "what verify finds at rest");
}
