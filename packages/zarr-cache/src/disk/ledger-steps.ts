import type { DeadlineTransactions } from "./deadline-transactions.ts";
import type { Ledger } from "./ledger.ts";

/** Steps that will run in one transaction, while it waits for its turn. */
interface Batch {
  readonly steps: { run(ledger: Ledger): void; settle(): void; fail(error: unknown): void }[];
  readonly startedAt: number;
  hasBegun: boolean;
}

/**
 * Runs steps on the books, as many as have come by then in one transaction with one ledger. Each step is whole or not at
 * all, and is acknowledged when the transaction is; one that throws fails alone.
 */
export class LedgerSteps {
  readonly #transactions: DeadlineTransactions;
  readonly #openLedger: () => Ledger;
  /** Milliseconds in which others may join a batch: later ones would have too little of its deadline left. */
  readonly #joinWithin: number;
  #batch: Batch | undefined;

  readonly #onCommitted: () => void;

  constructor(
    transactions: DeadlineTransactions,
    openLedger: () => Ledger,
    joinWithin: number,
    onCommitted: () => void,
  ) {
    this.#transactions = transactions;
    this.#openLedger = openLedger;
    this.#joinWithin = joinWithin;
    this.#onCommitted = onCommitted;
  }

  /** Runs a step; resolves once other processes see what it did. */
  run<T>(step: (ledger: Ledger) => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let end = (): void => {};
      this.#openBatch().steps.push({
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

  #openBatch(): Batch {
    const current = this.#batch;
    const now = performance.now();
    if (current !== undefined && !current.hasBegun && now - current.startedAt < this.#joinWithin)
      return current;
    const batch: Batch = { steps: [], startedAt: now, hasBegun: false };
    this.#batch = batch;
    const body = () => {
      batch.hasBegun = true;
      const ledger = this.#openLedger();
      for (const step of batch.steps) step.run(ledger);
      ledger.close();
    };
    this.#transactions.run(body).then(
      () => {
        for (const step of batch.steps) step.settle();
        this.#onCommitted();
      },
      (error: unknown) => {
        // Nobody may join what will not run.
        batch.hasBegun = true;
        for (const step of batch.steps) step.fail(error);
      },
    );
    return batch;
  }
}
