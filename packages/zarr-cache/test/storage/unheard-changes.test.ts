import { expect, it, onTestFinished } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import { IndexedCacheStorage } from "../../src/indexed-cache-storage.ts";
import { MemoryStoreIndex } from "../../src/memory/memory-store-index.ts";
import { MemoryStoreOpener } from "../../src/memory/memory-store-opener.ts";
import type { Changes } from "../../src/store-index.ts";
import { faultPlan, faultyIndex } from "../../src/testing/index.ts";
import { TieredCacheStorage } from "../../src/tiered-cache-storage.ts";
import { counted } from "../support/bytes.ts";
import { settleAndCheck, testTier } from "../support/memory-tier.ts";
import { passTime } from "../support/pass-time.ts";
import { plainSource } from "../support/plain-source.ts";

/** An index that others share, as far as its reader can tell; nobody else changes it. */
class SharedIndex extends MemoryStoreIndex {
  changes(): Changes {
    return { cursor: 1, lost: false, paths: [] };
  }
}

/** A store over memory, `/a` held there, above a shared index that can be made to hang. */
async function overShared() {
  const upper = testTier({ storage: { tier: "upper" } });
  const { clock } = upper;
  const plan = faultPlan();
  const index = faultyIndex(new SharedIndex({ clock: clock.now }), plan);
  const options = { tier: "lower", timers: clock.timers, monotonic: clock.now };
  const lower = new IndexedCacheStorage(index, new MemoryStoreOpener(), options);
  onTestFinished(async () => {
    plan.clear();
    plan.letGo();
    await settleAndCheck(lower);
  });
  const storage = new TieredCacheStorage([upper.storage, lower]);
  const store = new CachedStore(plainSource(new Map([["/a", counted(4)]])), "s", storage);
  const tiers: string[] = [];
  store.on("hit", ({ tier }) => tiers.push(tier));
  await store.get("/a");
  await store.idle();
  const read = async () => {
    const reading = store.get("/a");
    const passed = await passTime(clock, reading);
    expect(await reading).toEqual(counted(4));
    await storage.idle();
    return passed;
  };
  return { plan, lower, storage, tiers, read, clock };
}

it("are a fault after the deadline, and memory does not answer", async () => {
  const { plan, lower, tiers, read } = await overShared();
  await read();
  plan.add({ kind: "hang", on: "changes" });
  expect(await read()).toBeLessThanOrEqual(1200);
  expect(tiers).toEqual(["upper", "lower"]);
  expect(lower.tierStatistics()[0]?.faults).toBeGreaterThan(0);
});

it("are not asked for any more after five faults in a row, until the cool-down is over", async () => {
  const { plan, lower, storage, tiers, read, clock } = await overShared();
  plan.add({ kind: "hang", on: "changes" });
  for (let i = 0; i < 5; i++) await read();
  tiers.length = 0;
  const calls = plan.calls("changes");
  expect(await read()).toBe(0);
  expect(plan.calls("changes")).toBe(calls);
  expect((await lower.usage()).tiers[0]?.sick).toBe(true);
  plan.clear();
  clock.advance(5000);
  expect(await storage.catchUp()).toBe(true);
  expect(await read()).toBe(0);
  expect(tiers).toEqual(["lower", "upper"]);
});
