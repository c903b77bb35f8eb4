import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "../../src/index.ts";
import type { Fill } from "../../src/storage.ts";
import { fakeClock, faultPlan, faultyIndex } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";

const PARTS = ["/c/0", "/c/1", "/c/2"].map((key) => ({ storeId: "s", key }));
const DEMAND = { purpose: "demand" } as const;

/** A tier over an index in memory that says it is shared by a machine; counts what the index is asked to do. */
async function setUp(fills: "background" | "await" = "background") {
  const clock = fakeClock();
  const plan = faultPlan();
  const index = faultyIndex(new MemoryStoreIndex({ clock: clock.now }), plan);
  const shared = new Proxy(index, {
    get: (target, name) => (name === "scope" ? "machine" : Reflect.get(target, name, target)),
  });
  const { timers } = clock;
  const storage = new IndexedCacheStorage(shared, new MemoryStoreOpener(), { fills, timers });
  await storage.bind("s", undefined);
  const claims: Fill[] = [];
  for (const part of PARTS) {
    const claim = await storage.claim(part);
    if (claim.state !== "fill") throw new Error(`"${part.key}" cannot be filled: ${claim.state}`);
    claims.push(claim);
  }
  /** How many values the index was asked to charge for, once everything that needs no time has happened. */
  const reserved = async () => {
    await setImmediate();
    return plan.calls("reserve");
  };
  const [first, second, third] = claims as [Fill, Fill, Fill];
  return { clock, storage, first, second, third, reserved };
}

it("keeps what a reader has when no other waits for the source any more", async () => {
  const { first, second, third, reserved, storage } = await setUp();
  const kept = [first.commit(counted(4), DEMAND), second.commit(counted(4), DEMAND)];
  expect(await reserved()).toBe(0);
  await third.abandon();
  expect(await Promise.all(kept)).toEqual([true, true]);
  expect(await reserved()).toBe(2);
  expect((await storage.usage()).entries).toBe(2);
});

it("keeps it 25 ms later all the same, whoever waits for how long", async () => {
  const { clock, first, reserved } = await setUp();
  const kept = first.commit(counted(4), DEMAND);
  clock.advance(24);
  expect(await reserved()).toBe(0);
  clock.advance(1);
  expect(await kept).toBe(true);
  expect(await reserved()).toBe(1);
});

it("keeps at once what was prefetched or put, for which somebody waits", async () => {
  const { first, second, reserved } = await setUp();
  expect(await first.commit(counted(4), { purpose: "prefetch" })).toBe(true);
  expect(await second.commit(counted(4))).toBe(true);
  expect(await reserved()).toBe(2);
});

it("keeps at once where readers wait for their fills", async () => {
  const { first, reserved } = await setUp("await");
  expect(await first.commit(counted(4), DEMAND)).toBe(true);
  expect(await reserved()).toBe(1);
});

it("keeps what has its bytes when the tier is closed", async () => {
  const { first, storage } = await setUp();
  const kept = first.commit(counted(4), DEMAND);
  await storage.close();
  expect(await kept).toBe(true);
});
