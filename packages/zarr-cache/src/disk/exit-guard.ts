import { isMainThread } from "node:worker_threads";

/**
 * Keeps a process that exits in the middle of a write transaction from hanging with LMDB's lock in its hand.
 *
 * A transaction runs on a thread of LMDB, which waits for the main thread to say what to write. A process that exits
 * waits for that thread, and neither ends; every other process of the machine then waits for the lock. A killed process
 * leaves the lock to the next, and nothing half-written is ever seen. So an exit with a transaction under way becomes a
 * kill. Closing the cache before `process.exit()` avoids it; a process that ends by itself never meets it.
 */
let underWay = 0;
let isGuarded = false;

/** Counts a transaction as under way until its promise settles. */
export function guardExit<T>(transaction: PromiseLike<T>): void {
  underWay++;
  if (!isGuarded && isMainThread) {
    isGuarded = true;
    process.on("exit", () => {
      if (underWay > 0) process.kill(process.pid, "SIGKILL");
    });
  }
  const ended = () => {
    underWay--;
  };
  transaction.then(ended, ended);
}
