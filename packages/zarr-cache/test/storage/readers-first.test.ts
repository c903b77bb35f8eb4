import { expect, it } from "vitest";
import type { Fill } from "../../src/storage.ts";
import { deferred } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { heldSlices } from "../support/held-slices.ts";
import { machineTier } from "../support/machine-tier.ts";

const DEMAND = { purpose: "demand" } as const;

async function setUp(fills?: "background" | "await") {
  const tier = await machineTier(fills);
  const [first, second, third] = tier.claims as [Fill, Fill, Fill];
  return { ...tier, first, second, third };
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

it("charges for values, and writes them, each when it is time for it", async () => {
  const held = heldSlices();
  const { first, second, third, reserved, plan, storage } = await setUp();
  await third.abandon();
  const kept = [first.commit(counted(4), DEMAND), second.commit(counted(4), DEMAND)];
  const steps = [[await reserved(), plan.calls("commit")]];
  for (let i = 0; i < 4; i++) {
    await held.next();
    steps.push([plan.calls("reserve"), plan.calls("commit")]);
  }
  expect(steps).toEqual([
    [0, 0],
    [1, 0],
    [2, 0],
    [2, 1],
    [2, 2],
  ]);
  expect(await Promise.all(kept)).toEqual([true, true]);
  expect((await storage.usage()).entries).toBe(2);
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

it("has patience with an index that is late, since nobody waits, and none where somebody does", async () => {
  for (const [facts, isKept] of [
    [DEMAND, true],
    [{}, false],
  ] as const) {
    const { clock, plan, first, second, third, storage, reserved } = await setUp();
    const late = deferred();
    plan.add({ kind: "delay", on: ["reserve", "commit"], until: late.promise });
    await Promise.all([second.abandon(), third.abandon()]);
    const kept = first.commit(counted(4), facts);
    await reserved();
    // Many times its deadline, and the turn in which answers that have come are handed over.
    for (let i = 0; i < 2; i++) clock.advance(4000);
    late.resolve();
    expect(await kept).toBe(isKept);
    expect(storage.tierStatistics()).toMatchObject([{ faults: isKept ? 0 : 1, fills: isKept ? 1 : 0 }]);
  }
});
