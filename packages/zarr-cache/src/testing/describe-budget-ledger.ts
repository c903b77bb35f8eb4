import type { BudgetLedger } from "../budget/budget-ledger.ts";
import type { Clock } from "../clock.ts";
import { check, equal } from "./check.ts";
import { type FakeClock, fakeClock } from "./fake-clock.ts";
import { seededRandom } from "./random.ts";
import type { TestRunner } from "./test-runner.ts";

/** How a test wants its ledger. */
export interface LedgerTestOptions {
  readonly maxBytes: number;
  readonly leaseAge: number;
  readonly clock: Clock;
}

/** A ledger for one test, alone in its namespace. */
export interface LedgerFixture {
  readonly ledger: BudgetLedger;
  /** Another client of the same ledger, with a budget of its own if one is given. */
  second(maxBytes?: number): Promise<BudgetLedger>;
  /** Closes and removes everything. */
  dispose(): Promise<void>;
}

/** Options of {@link describeBudgetLedger}. */
export interface LedgerSuite extends TestRunner {
  create(options: LedgerTestOptions): Promise<LedgerFixture>;
  /** Makes milliseconds pass for the ledger; default: moves the fake clock that `create` was given. */
  pass?(milliseconds: number): Promise<void>;
}

const MAX_BYTES = 1000;
const LEASE_AGE = 3000;
const SEEDS = [1, 2, 3, 4];

/** Declares the tests that every `BudgetLedger` passes. Uses nothing but the contract. */
export function describeBudgetLedger(name: string, suite: LedgerSuite): void {
  const { describe, it, create } = suite;
  const test = (
    title: string,
    body: (fixture: LedgerFixture, pass: (milliseconds: number) => Promise<void>) => Promise<void>,
  ) =>
    it(title, async () => {
      const clock: FakeClock = fakeClock();
      const fixture = await create({ maxBytes: MAX_BYTES, leaseAge: LEASE_AGE, clock: clock.now });
      const pass = suite.pass ?? (async (milliseconds: number) => clock.advance(milliseconds));
      try {
        await fixture.ledger.open();
        await body(fixture, pass);
      } finally {
        await fixture.dispose();
      }
    });

  describe(`${name} keeps the contract of BudgetLedger`, () => {
    test("gives one holder all that it wants, up to the budget", async ({ ledger }) => {
      equal(await ledger.settle("a", { limit: 0, wanted: 400 }), { limit: 400, target: 400 }, "wanted 400");
      const answer = await ledger.settle("a", { limit: 400, wanted: 5000 });
      equal(answer, { limit: 1000, target: 1000 }, "wanted 5000");
    });

    test("answers the same to the same question", async ({ ledger }) => {
      const first = await ledger.settle("a", { limit: 0, wanted: 400 });
      equal(await ledger.settle("a", { limit: 0, wanted: 400 }), first, "asked again");
      equal(await ledger.settle("b", { limit: 0, wanted: 600 }), { limit: 600, target: 600 }, "the rest");
    });

    test("gives nobody what another process holds", async ({ ledger, second }) => {
      await ledger.settle("a", { limit: 0, wanted: 900 });
      const answer = await (await second()).settle("b", { limit: 0, wanted: 900 });
      equal(answer, { limit: 100, target: 100 }, "what is left");
    });

    test("asks for what is too much, and gives it on once it was given back", async ({ ledger, second }) => {
      const other = await second();
      await ledger.settle("a", { limit: 0, wanted: 1000 });
      equal((await other.settle("b", { limit: 0, wanted: 1000 })).limit, 0, "before");
      equal(
        await ledger.settle("a", { limit: 1000, wanted: 1000 }),
        { limit: 1000, target: 500 },
        "asked back",
      );
      equal((await other.settle("b", { limit: 0, wanted: 1000 })).limit, 0, "not yet given back");
      await ledger.settle("a", { limit: 500, wanted: 1000 });
      equal((await other.settle("b", { limit: 0, wanted: 1000 })).limit, 500, "given back");
    });

    test("takes back what a holder leaves", async ({ ledger }) => {
      await ledger.settle("a", { limit: 0, wanted: 1000 });
      await ledger.leave("a");
      await ledger.leave("a");
      equal((await ledger.settle("b", { limit: 0, wanted: 1000 })).limit, 1000, "after it left");
    });

    test("takes back what the dead held, and not what the living hold", async ({ ledger }, pass) => {
      await ledger.settle("dead", { limit: 0, wanted: 500 });
      await ledger.settle("alive", { limit: 0, wanted: 300 });
      await pass(LEASE_AGE - 1000);
      await ledger.settle("alive", { limit: 300, wanted: 300 });
      await pass(1500);
      equal((await ledger.settle("new", { limit: 0, wanted: 1000 })).limit, 700, "what the dead held");
    });

    test("tells a holder that was taken for dead what it may hold now", async ({ ledger }, pass) => {
      await ledger.settle("stopped", { limit: 0, wanted: 1000 });
      await pass(LEASE_AGE + 1000);
      await ledger.settle("new", { limit: 0, wanted: 800 });
      const { target } = await ledger.settle("stopped", { limit: 1000, wanted: 1000 });
      equal(target, 500, "its fair share");
    });

    test("goes by the budget that was given last", async ({ ledger, second }) => {
      await ledger.settle("a", { limit: 0, wanted: 1000 });
      await (await second(400)).open();
      const { target } = await ledger.settle("a", { limit: 1000, wanted: 1000 });
      equal(target, 400, "the smaller budget");
      equal(ledger.maxBytes, 400, "maxBytes");
    });

    for (const seed of SEEDS)
      test(`never gives more than the budget to many, seed ${seed}`, async ({ ledger, second }) => {
        const random = seededRandom(seed);
        const other = await second();
        const limits = new Map<string, number>();
        for (let step = 0; step < 60; step++) {
          const holder = `holder-${random.below(5)}`;
          const client = random.pick([ledger, other]);
          const wanted = random.below(1500);
          const { target } = await client.settle(holder, { limit: limits.get(holder) ?? 0, wanted });
          const { limit } = await client.settle(holder, { limit: target, wanted });
          limits.set(holder, limit);
          const sum = [...limits.values()].reduce((total, each) => total + each, 0);
          check(sum <= MAX_BYTES, `limits add up to at most ${MAX_BYTES} after step ${step}, got ${sum}`);
        }
      });
  });
}
