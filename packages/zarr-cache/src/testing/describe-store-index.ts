import { check, equal } from "./check.ts";
import { replayStoreIndex } from "./replay-store-index.ts";
import { budgetTests } from "./store-index/budget-tests.ts";
import { claimTests } from "./store-index/claim-tests.ts";
import { evictionTests } from "./store-index/eviction-tests.ts";
import { fillTests } from "./store-index/fill-tests.ts";
import { type IndexSuite, type IndexTestDeclaration, indexTests, LOCK_AGE } from "./store-index/fixture.ts";
import { freshnessTests } from "./store-index/freshness-tests.ts";
import { invalidationTests } from "./store-index/invalidation-tests.ts";
import { leftoverTests, sharedLeftoverTests } from "./store-index/leftover-tests.ts";
import { listingTests } from "./store-index/listing-tests.ts";
import { persistenceTests } from "./store-index/persistence-tests.ts";
import { sharedTests } from "./store-index/shared-tests.ts";
import { storeTests } from "./store-index/store-tests.ts";
import { upkeepTests } from "./store-index/upkeep-tests.ts";
import { weightTests } from "./store-index/weight-tests.ts";
import { writeTests } from "./store-index/write-tests.ts";

const REPLAY_SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

/**
 * Declares the tests that every `StoreIndex` passes. Uses nothing but the contract.
 *
 * The suite drives the index through a fake clock and never sleeps. It writes no bytes: sizes are only said.
 * After each test the books must balance (`verify`), and after each step the budget must hold.
 */
export function describeStoreIndex(name: string, suite: IndexSuite): void {
  const { create, describe, it, scope = "process", persistent = false, shares = 1 } = suite;
  const test = indexTests(suite);

  describe(`${name} keeps the contract of StoreIndex`, () => {
    test(`says that its scope is ${scope}`, async ({ index }) => {
      equal(index.scope, scope, "scope");
      check(scope === "process" || index.changes !== undefined, "a shared index has changes()");
    });

    test("says after how long the claims of the dead are transferred", async ({ index }) => {
      equal(index.lockAge, scope === "process" ? Number.POSITIVE_INFINITY : LOCK_AGE, "lockAge");
    });

    const chapters: Readonly<Record<string, ((test: IndexTestDeclaration) => void) | false>> = {
      claims: claimTests,
      fills: fillTests,
      freshness: freshnessTests,
      invalidation: invalidationTests,
      writes: writeTests,
      budget: shares === 1 && budgetTests,
      eviction: shares === 1 && evictionTests,
      weights: shares === 1 && weightTests,
      stores: storeTests,
      listing: listingTests,
      upkeep: upkeepTests,
      leftovers: leftoverTests,
      sharing: scope !== "process" && sharedTests,
      "sharing leftovers": scope !== "process" && sharedLeftoverTests,
      persistence: persistent && persistenceTests,
    };
    for (const [title, tests] of Object.entries(chapters)) if (tests) describe(title, () => tests(test));

    describe("replay", () => {
      for (const seed of REPLAY_SEEDS)
        it(`holds what a plain model holds after each of 500 random operations, seed ${seed}`, () =>
          replayStoreIndex({ create, seed, shares }));
    });
  });
}
