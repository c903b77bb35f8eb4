import { describe, expect, it } from "vitest";
import { LedgerSteps } from "../../src/disk/ledger-steps.ts";
import { type Deferred, deferred } from "../../src/testing/deferred.ts";

/** Transactions that get the lock, and reach the disk, when the test says so. */
function setup() {
  const log: string[] = [];
  const locks: Deferred<void>[] = [];
  const flushes: Deferred<void>[] = [];
  let transactions = 0;
  const run = async <T>(body: () => T): Promise<T> => {
    const lock = deferred<void>();
    locks.push(lock);
    await lock.promise;
    log.push(`transaction ${++transactions}`);
    return body();
  };
  const steps = new LedgerSteps({
    transactions: {
      run,
      runBehind: run,
      flushed() {
        const flush = deferred<void>();
        flushes.push(flush);
        return flush.promise;
      },
    },
    openLedger: () => ({ close() {} }),
    joinWithin: 1e9,
    flushWithin: 1e9,
    onCommitted() {},
  });
  const step = (name: string) => () => void log.push(name);
  return {
    log,
    locks,
    flushes,
    now: (name: string) => steps.run(step(name)),
    behind: (name: string) => steps.runBehind(step(name)),
    steps,
  };
}

/** As many turns as what is under way needs to get stuck. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe("LedgerSteps", () => {
  it("runs all that come before the lock in one transaction", async () => {
    const { log, locks, now } = setup();
    const done = [now("a"), now("b")];
    await settle();
    done.push(now("c"));
    locks[0]?.resolve();
    await Promise.all(done);
    expect(log).toEqual(["transaction 1", "a", "b", "c"]);
    expect(locks.length).toBe(1);
  });

  it("lets what somebody waits for go first, also where it comes later in the turn", async () => {
    const { log, locks, now, behind } = setup();
    const done = [behind("reserve"), now("claim")];
    await settle();
    expect(locks.length).toBe(1);
    locks[0]?.resolve();
    await settle();
    locks[1]?.resolve();
    await Promise.all(done);
    expect(log).toEqual(["transaction 1", "claim", "transaction 2", "reserve"]);
  });

  it("gathers what nobody waits for until the disk has taken the transaction before, and holds up nobody else", async () => {
    const { log, locks, flushes, now, behind } = setup();
    const first = [behind("a"), behind("b")];
    await settle();
    locks[0]?.resolve();
    await Promise.all(first);
    const gathered = [behind("c")];
    await settle();
    gathered.push(behind("d"));
    const claim = now("claim");
    await settle();
    expect(locks.length).toBe(2);
    locks[1]?.resolve();
    await claim;
    flushes[0]?.resolve();
    await settle();
    locks[2]?.resolve();
    await Promise.all(gathered);
    expect(log).toEqual(["transaction 1", "a", "b", "transaction 2", "claim", "transaction 3", "c", "d"]);
  });

  it("does not wait for the disk between steps that come one by one", async () => {
    const { locks, flushes, behind } = setup();
    for (let i = 0; i < 3; i++) {
      const done = behind(String(i));
      await settle();
      locks[i]?.resolve();
      await done;
    }
    expect(flushes.length).toBe(0);
  });

  it("gathers no longer when it is told to hurry", async () => {
    const { locks, behind, steps } = setup();
    const first = [behind("a"), behind("b")];
    await settle();
    locks[0]?.resolve();
    await Promise.all(first);
    const last = behind("c");
    steps.hurry();
    locks[1]?.resolve();
    await last;
    expect(locks.length).toBe(2);
  });

  it("fails the steps of a transaction that fails, and goes on", async () => {
    const { locks, behind } = setup();
    const failed = behind("a");
    await settle();
    locks[0]?.reject(new Error("no lock"));
    await expect(failed).rejects.toThrow("no lock");
    const done = behind("b");
    await settle();
    locks[1]?.resolve();
    await done;
  });
});
