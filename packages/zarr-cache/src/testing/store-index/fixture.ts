import type { Clock } from "../../clock.ts";
import type { StoreIndex } from "../../store-index.ts";
import { equal, present } from "../check.ts";
import { type FakeClock, fakeClock } from "../fake-clock.ts";
import type { TestRunner } from "../test-runner.ts";
import { UNIT } from "./steps.ts";
import { watchBudget } from "./watch-budget.ts";

/** How a test wants its index. Sizes in bytes, times in milliseconds. */
export interface IndexTestOptions {
  readonly maxBytes: number;
  readonly maxEntries?: number;
  readonly maxEntryBytes?: number;
  readonly policy?: "gdsf" | "lru";
  readonly lockAge?: number;
  readonly clock: Clock;
}

/** An index for one test: empty, alone in its namespace. */
export interface IndexFixture {
  readonly index: StoreIndex;
  /** Crashes the index without closing it and opens what is left; required for a persistent one. */
  reopen?(): Promise<StoreIndex>;
  /** Another client or process of the same index; required unless its scope is `"process"`. */
  second?(): Promise<StoreIndex>;
  /** Closes and removes everything. */
  dispose(): Promise<void>;
}

/** Options of `describeStoreIndex`. */
export interface IndexSuite extends TestRunner {
  /** Makes an index; called at least once per test. */
  create(options: IndexTestOptions): Promise<IndexFixture>;
  /** What the index says of itself; decides which tests it gets. Default `"process"`. */
  readonly scope?: StoreIndex["scope"];
  /** Whether entries outlive a crash. Default false. */
  readonly persistent?: boolean;
  /**
   * Over how many shares the index splits its budget. Default 1. With more, `create` gives each share the bounds that a
   * test asks for, and tests of what one budget holds, and of what goes first in it, are left out.
   */
  readonly shares?: number;
}

/** What the body of a test works on. */
export interface IndexTest {
  readonly index: StoreIndex;
  readonly clock: FakeClock;
  reopen(): Promise<StoreIndex>;
  second(): Promise<StoreIndex>;
}

/** Declares one test of the index suite: opens an index, and afterwards wants its books to balance. */
export type IndexTestDeclaration = (
  title: string,
  body: (test: IndexTest) => Promise<void>,
  options?: Partial<Omit<IndexTestOptions, "clock">> & {
    /** For an index that does not split its budget. */
    readonly oneBudget?: boolean;
    /** Begins with bytes of an earlier life that may be left. */
    readonly unclean?: boolean;
    /** Ends with a closed index, whose books nobody can look at. */
    readonly closed?: boolean;
  },
) => void;

/** Milliseconds after which the claims of the dead are transferred, in tests. */
export const LOCK_AGE = 5000;

/** Makes the function that declares tests on indexes of this suite. */
export function indexTests({ create, it, shares = 1 }: IndexSuite): IndexTestDeclaration {
  return (title, body, { oneBudget = false, unclean = false, closed = false, ...options } = {}) => {
    if (oneBudget && shares > 1) return;
    it(title, async () => {
      const clock = fakeClock();
      const maxBytes = options.maxBytes ?? 10.5 * UNIT;
      const fixture = await create({
        maxEntryBytes: maxBytes,
        lockAge: LOCK_AGE,
        ...options,
        maxBytes,
        clock: clock.now,
      });
      let latest = fixture.index;
      const ready = async (index: StoreIndex) => {
        const state = await index.open();
        if (!state.clean && !unclean) await index.markClean();
        return watchBudget(index);
      };
      try {
        const index = await ready(fixture.index);
        await body({
          index,
          clock,
          reopen: async () => {
            latest = await present(fixture.reopen, "create() gives reopen() for a persistent index")();
            return watchBudget(latest);
          },
          second: async () =>
            ready(await present(fixture.second, "create() gives second() for a shared index")()),
        });
        if (!closed) equal(await latest.verify({ repair: false }), [], "what verify finds after the test");
      } finally {
        await fixture.dispose();
      }
    });
  };
}
