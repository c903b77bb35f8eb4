import type { DeadlineTransactions } from "./deadline-transactions.ts";
import type { Ledger } from "./ledger.ts";

/** Steps that will run in one transaction, while it waits for its turn. */
interface Batch {
  readonly steps: { run(ledger: Ledger): void; settle(): void; fail(error: unknown): void }[];
  /** When its transaction was asked for; `Infinity` while it only gathers. */
  startedAt: number;
  hasBegun: boolean;
}

/** What {@link LedgerSteps} needs. */
export interface LedgerStepsContext {
  readonly transactions: Pick<DeadlineTransactions, "run" | "runBehind" | "flushed">;
  openLedger(): Pick<Ledger, "close">;
  /** Milliseconds in which others may join a batch: later ones would have too little of its deadline left. */
  readonly joinWithin: number;
  /** Milliseconds for which what nobody waits for lets the disk catch up. */
  readonly flushWithin: number;
  onCommitted(): void;
}

/**
 * Runs steps on the books, as many as have come by then in one transaction with one ledger. Each step is whole or not at
 * all, and is acknowledged when the transaction is; one that throws fails alone.
 *
 * What a reader or a writer waits for begins at once. What is done behind them gives way to it, has one transaction at a
 * time, and gathers until the disk has taken the one before: LMDB has one writer, which waits for the disk where much
 * was written, and every transaction holds one of the four threads of Node's pool until it is flushed. Hundreds of small
 * transactions of a burst of fills would keep the claims of the next reads waiting.
 */
export class LedgerSteps {
  readonly #context: LedgerStepsContext;
  #batch: Batch | undefined;
  #behind: Batch | undefined;
  #isWorkingBehind = false;
  /** Transactions that somebody waits for. */
  readonly #awaited = new Set<Promise<void>>();

  constructor(context: LedgerStepsContext) {
    this.#context = context;
  }

  /** Runs a step; resolves once other processes see what it did. */
  run<T>(step: (ledger: Ledger) => T): Promise<T> {
    if (!this.#mayJoin(this.#batch)) {
      this.#batch = newBatch();
      const done = this.#transact(this.#batch, "run").finally(() => this.#awaited.delete(done));
      this.#awaited.add(done);
    }
    return join(this.#batch as Batch, step);
  }

  /** As {@link run}, behind those who wait. */
  runBehind<T>(step: (ledger: Ledger) => T): Promise<T> {
    if (!this.#mayJoin(this.#behind)) {
      this.#behind = newBatch();
      if (!this.#isWorkingBehind) void this.#workBehind();
    }
    return join(this.#behind as Batch, step);
  }

  /** What gathers begins now. */
  hurry(): void {
    if (this.#behind?.startedAt === Number.POSITIVE_INFINITY) void this.#transact(this.#behind, "run");
  }

  async #workBehind(): Promise<void> {
    const { transactions, flushWithin } = this.#context;
    this.#isWorkingBehind = true;
    for (let batch = this.#behind; batch !== undefined; batch = this.#behind) {
      // The answers of a turn bring the next reads, whose claims go first.
      await nextTurn();
      await Promise.all(this.#awaited);
      if (batch.startedAt === Number.POSITIVE_INFINITY) await this.#transact(batch, "runBehind");
      if (this.#behind === batch) this.#behind = undefined;
      // Who fills one part after the other is not slowed down.
      if (batch.steps.length > 1) await transactions.flushed(flushWithin).catch(() => {});
    }
    this.#isWorkingBehind = false;
  }

  /** Whether a batch has not begun, and will soon enough. */
  #mayJoin(batch: Batch | undefined): boolean {
    if (batch === undefined || batch.hasBegun) return false;
    return performance.now() - batch.startedAt < this.#context.joinWithin;
  }

  async #transact(batch: Batch, how: "run" | "runBehind"): Promise<void> {
    const { transactions, openLedger, onCommitted } = this.#context;
    batch.startedAt = performance.now();
    try {
      await transactions[how](() => {
        batch.hasBegun = true;
        const ledger = openLedger() as Ledger;
        for (const step of batch.steps) step.run(ledger);
        ledger.close();
      });
    } catch (error) {
      // Nobody may join what will not run.
      batch.hasBegun = true;
      for (const step of batch.steps) step.fail(error);
      return;
    }
    for (const step of batch.steps) step.settle();
    try {
      onCommitted();
    } catch {
      // What the file has grown by is looked at again after the next.
    }
  }
}

function newBatch(): Batch {
  return { steps: [], startedAt: Number.POSITIVE_INFINITY, hasBegun: false };
}

function join<T>(batch: Batch, step: (ledger: Ledger) => T): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let end = (): void => {};
    batch.steps.push({
      run(ledger) {
        try {
          const answer = step(ledger);
          end = () => resolve(answer);
        } catch (error) {
          end = () => reject(error);
        }
      },
      settle: () => end(),
      fail: reject,
    });
  });
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
