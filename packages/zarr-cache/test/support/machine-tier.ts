import { setImmediate } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "../../src/index.ts";
import type { Fill } from "../../src/storage.ts";
import {
  type FakeClock,
  type FaultPlan,
  fakeClock,
  faultPlan,
  faultyIndex,
} from "../../src/testing/index.ts";

/** A tier over an index in memory that says it is shared by a machine, on a clock that stands still. */
export interface MachineTier {
  readonly storage: IndexedCacheStorage;
  readonly clock: FakeClock;
  /** Faults of the index, and what it was asked to do. */
  readonly plan: FaultPlan;
  /** Claims of as many parts, which somebody waits for. */
  readonly claims: readonly Fill[];
  /** How many values the index was asked to charge for, once everything that needs no time has happened. */
  reserved(): Promise<number>;
}

/** Makes a {@link MachineTier} with three claims. */
export async function machineTier(fills: "background" | "await" = "background"): Promise<MachineTier> {
  const clock = fakeClock();
  const plan = faultPlan();
  const index = faultyIndex(new MemoryStoreIndex({ clock: clock.now }), plan);
  const shared = new Proxy(index, {
    get: (target, name) => (name === "scope" ? "machine" : Reflect.get(target, name, target)),
  });
  const { timers } = clock;
  const storage = new IndexedCacheStorage(shared, new MemoryStoreOpener(), { fills, timers });
  onTestFinished(() => storage.close());
  await storage.bind("s", undefined);
  const claims: Fill[] = [];
  for (const key of ["/c/0", "/c/1", "/c/2"]) {
    const claim = await storage.claim({ storeId: "s", key });
    if (claim.state !== "fill") throw new Error(`"${key}" cannot be filled: ${claim.state}`);
    claims.push(claim);
  }
  const reserved = async () => {
    await setImmediate();
    return plan.calls("reserve");
  };
  return { storage, clock, plan, claims, reserved };
}
