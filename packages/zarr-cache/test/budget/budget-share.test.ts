import { describe, expect, it } from "vitest";
import { allot, type Holding } from "../../src/budget/allotting.ts";
import type { BudgetLedger } from "../../src/budget/budget-ledger.ts";
import { BudgetShare } from "../../src/budget/budget-share.ts";
import { type FakeClock, fakeClock } from "../../src/testing/fake-clock.ts";

const MAX_BYTES = 6400;
const LEASE_AGE = 3000;

/** A ledger in this process that can be made to fail; it counts how often it is asked. */
function testLedger(clock: FakeClock) {
  const holders = new Map<string, Holding>();
  const ledger: BudgetLedger & { asked: number; down: boolean; holders: Map<string, Holding> } = {
    maxBytes: MAX_BYTES,
    leaseAge: LEASE_AGE,
    asked: 0,
    down: false,
    holders,
    open: () => undefined,
    async settle(holder, state) {
      ledger.asked++;
      if (ledger.down) throw new Error("down");
      const others = [...holders].filter(([name]) => name !== holder).map(([, holding]) => holding);
      const answer = allot({ maxBytes: MAX_BYTES, leaseAge: LEASE_AGE, now: clock.now(), others }, state);
      holders.set(holder, { ...state, limit: answer.limit, seenAt: clock.now() });
      return answer;
    },
    leave: (holder) => void holders.delete(holder),
    close: () => undefined,
  };
  return ledger;
}

/** A holder that uses what it is told to, and evicts when it is told to. */
function testHolder(ledger: BudgetLedger, clock: FakeClock, holder: string, most = MAX_BYTES) {
  const faults: unknown[] = [];
  const held = { charged: 0 };
  const share = new BudgetShare({
    ledger,
    holder,
    most,
    timers: clock.timers,
    charged: () => held.charged,
    onShrink: () => {
      held.charged = Math.min(held.charged, share.limit);
      share.freed();
    },
    onFault: (error) => void faults.push(error),
  });
  const use = async (bytes: number) => {
    for (let round = 0; round < 20 && held.charged < bytes; round++) {
      held.charged = Math.min(bytes, share.limit);
      if (held.charged < bytes) void share.missed(100);
      await share.settled();
    }
  };
  return { share, held, faults, use };
}

/** Lets renewals that are due run to their end. */
async function pass(clock: FakeClock, milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 100) {
    clock.advance(100);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  }
}

describe("BudgetShare", () => {
  it("starts with little and grows as it is used", async () => {
    const clock = fakeClock();
    const { share, held, use } = testHolder(testLedger(clock), clock, "a");
    await share.open();
    expect(share.limit).toBe(MAX_BYTES / 64);
    await use(MAX_BYTES);
    expect(held.charged).toBe(MAX_BYTES);
    await share.close();
  });

  it("opens its ledger once for all who ask, and again after it could not be used", async () => {
    const clock = fakeClock();
    const ledger = testLedger(clock);
    const opened: boolean[] = [];
    ledger.open = async () => {
      opened.push(ledger.down);
      if (ledger.down) throw new Error("down");
    };
    const { share } = testHolder(ledger, clock, "a");
    ledger.down = true;
    for (const opening of [share.open(), share.open()]) await expect(opening).rejects.toThrow("down");
    ledger.down = false;
    await Promise.all([share.open(), share.open()]);
    await share.open();
    expect(opened).toEqual([true, false]);
    expect(ledger.asked).toBe(1);
    expect(share.limit).toBe(MAX_BYTES / 64);
    await share.close();
  });

  it("asks a logarithmic number of times", async () => {
    const clock = fakeClock();
    const ledger = testLedger(clock);
    const { share, use } = testHolder(ledger, clock, "a");
    await share.open();
    await use(MAX_BYTES);
    expect(ledger.asked).toBeLessThanOrEqual(20);
    await share.close();
  });

  it("never takes more than its most", async () => {
    const clock = fakeClock();
    const { share, use } = testHolder(testLedger(clock), clock, "a", 1000);
    await share.open();
    await use(5000);
    expect(share.limit).toBe(1000);
    await share.close();
  });

  it("comes down to its fair part when another is short, and the other gets it", async () => {
    const clock = fakeClock();
    const ledger = testLedger(clock);
    const first = testHolder(ledger, clock, "a");
    const second = testHolder(ledger, clock, "b");
    await first.share.open();
    await first.use(MAX_BYTES);
    await second.share.open();
    for (let round = 0; round < 6; round++) {
      void first.share.missed(100);
      await pass(clock, LEASE_AGE / 3);
      await second.use(MAX_BYTES);
      expect(first.held.charged + second.held.charged).toBeLessThanOrEqual(MAX_BYTES);
    }
    expect(first.held.charged).toBe(MAX_BYTES / 2);
    expect(second.share.limit).toBe(MAX_BYTES / 2);
    await first.share.close();
    await second.share.close();
  });

  it("keeps what it has while it renews, however long", async () => {
    const clock = fakeClock();
    const ledger = testLedger(clock);
    const { share, held, use } = testHolder(ledger, clock, "a");
    await share.open();
    await use(3000);
    await pass(clock, 10 * LEASE_AGE);
    expect(held.charged).toBe(3000);
    expect(ledger.holders.get("a")?.seenAt).toBeGreaterThan(clock.now() - LEASE_AGE / 2);
    await share.close();
  });

  it("uses nothing any more before the ledger may give it to others", async () => {
    const clock = fakeClock();
    const ledger = testLedger(clock);
    const { share, held, faults, use } = testHolder(ledger, clock, "a");
    await share.open();
    await use(3000);
    ledger.down = true;
    await pass(clock, LEASE_AGE);
    expect(share.limit).toBe(0);
    expect(held.charged).toBe(0);
    expect(faults.length).toBeGreaterThan(0);
    ledger.down = false;
    await pass(clock, LEASE_AGE);
    expect(share.limit).toBeGreaterThan(0);
    await share.close();
  });

  it("gives everything back when it is closed, and asks no more", async () => {
    const clock = fakeClock();
    const ledger = testLedger(clock);
    const { share, use } = testHolder(ledger, clock, "a");
    await share.open();
    await use(3000);
    await share.close();
    expect(ledger.holders.size).toBe(0);
    const { asked } = ledger;
    await pass(clock, 3 * LEASE_AGE);
    expect(ledger.asked).toBe(asked);
  });
});
