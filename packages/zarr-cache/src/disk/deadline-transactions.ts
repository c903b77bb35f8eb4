import type { RootDatabase } from "lmdb";
import type { Timers } from "../clock.ts";
import { DeadlineError } from "../errors.ts";
import { guardExit } from "./exit-guard.ts";

/** A commit, and a transaction that nobody waits for, may take so many deadlines. */
const PATIENCE = 20;
/** Milliseconds until a transaction that found somebody opening the environment is tried again. */
const PAUSE = 2;

/**
 * Runs write transactions that are given up after a deadline.
 *
 * LMDB has one writer. A process that was stopped inside a transaction blocks all others for as long as it lives, so
 * transactions are always asynchronous, and their callers are told after the deadline. A transaction that gets its turn
 * later finds that it was given up and does nothing; one that is committing at that moment may take effect, so a
 * rejection means that the outcome is unknown.
 *
 * LMDB runs all that were asked for in one turn of the event loop in one transaction. It does not roll back what a
 * callback wrote before it threw, so a callback must not throw after its first write.
 *
 * While a process opens the environment nobody may write, see `opening-mark.ts`.
 */
export class DeadlineTransactions {
  readonly #root: RootDatabase<Buffer, string>;
  readonly #deadline: number;
  readonly #timers: Timers;
  readonly #whoOpens: () => string | undefined;

  constructor(
    root: RootDatabase<Buffer, string>,
    deadline: number,
    timers: Timers,
    whoOpens: () => string | undefined,
  ) {
    this.#root = root;
    this.#deadline = deadline;
    this.#timers = timers;
    this.#whoOpens = whoOpens;
  }

  /** Runs a callback in a write transaction; resolves once other processes see what it did. */
  run<T>(body: () => T): Promise<T> {
    return this.#run(body, this.#deadline);
  }

  /**
   * As {@link run}, where nobody waits for it: in a process that has hundreds of reads in hand, and on a machine that has
   * other things to do, the lock may come late.
   */
  runBehind<T>(body: () => T): Promise<T> {
    return this.#run(body, PATIENCE * this.#deadline);
  }

  /** Resolves when what was committed so far is on the disk, or rejects after `patience` milliseconds. */
  flushed(patience: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.#timers.set(
        () => reject(new DeadlineError("The disk of the index", patience)),
        patience,
      );
      this.#root.flushed.then(
        () => {
          this.#timers.clear(timer);
          resolve();
        },
        (error: unknown) => {
          this.#timers.clear(timer);
          reject(error);
        },
      );
    });
  }

  #run<T>(body: () => T, deadline: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let givenUp = false;
      const giveUp = () => {
        givenUp = true;
        reject(new DeadlineError("The index", deadline));
      };
      let timer: unknown;
      const waitForLock = () => {
        this.#timers.clear(timer);
        // The deadline is for the lock. One more turn of the event loop lets in what has been waiting for the loop.
        timer = this.#timers.set(() => {
          timer = this.#timers.set(giveUp, 0);
        }, deadline);
      };
      const fail = (error: unknown) => {
        this.#timers.clear(timer);
        silence(error);
        reject(error);
      };
      let opener: string | undefined;
      let waitedFor: string | undefined;
      const begin = () => {
        if (givenUp) return undefined;
        opener = this.#whoOpens();
        if (opener !== undefined) return undefined;
        this.#timers.clear(timer);
        // Now that the lock is ours the commit follows, however slow the disk or the processor.
        timer = this.#timers.set(giveUp, PATIENCE * this.#deadline);
        return body();
      };
      const end = (answer: T | undefined) => {
        if (opener === undefined || givenUp) {
          this.#timers.clear(timer);
          resolve(answer as T);
          return;
        }
        // Processes that open one after the other are waited for, one that does not get on with it is not.
        if (opener !== waitedFor) waitForLock();
        waitedFor = opener;
        this.#timers.set(attempt, PAUSE);
      };
      const attempt = () => {
        if (givenUp) return;
        try {
          const transaction = this.#root.transaction(begin);
          guardExit(transaction);
          transaction.then(end, fail);
        } catch (error) {
          fail(error);
        }
      };
      waitForLock();
      attempt();
    });
  }
}

/** A failed commit carries a promise of its reason, which nobody else handles. */
function silence(error: unknown): void {
  if (typeof error === "object" && error !== null && "commitError" in error)
    Promise.resolve(error.commitError).catch(() => {});
}
