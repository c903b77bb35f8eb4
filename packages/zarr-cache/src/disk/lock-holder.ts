import { closeSync, openSync, readSync } from "node:fs";
import type { Timers } from "../clock.ts";
import { DeadlineError } from "../errors.ts";

const POLL = 5;

/**
 * Waits until nobody holds the write lock of an LMDB environment, or somebody who gets on with it.
 * Rejects with {@link DeadlineError} when the same transaction holds it all the time.
 *
 * Opening an environment takes that lock synchronously, so a process that was stopped inside a transaction would stop
 * whoever opens next. On Linux the lock is a robust mutex in `lock.mdb`: the thread that holds it stands at byte 64,
 * the number of the last transaction at byte 8. Elsewhere the lock cannot be looked at, and this does nothing.
 */
export async function awaitWriteLock(lockFile: string, deadline: number, timers: Timers): Promise<void> {
  if (process.platform !== "linux") return;
  const first = readHolder(lockFile);
  for (let waited = 0; ; waited += POLL) {
    const now = readHolder(lockFile);
    if (now === undefined || now !== first) return;
    if (waited >= deadline)
      throw new DeadlineError("The index, whose write lock another process holds,", deadline);
    await new Promise<void>((resolve) => timers.set(resolve, POLL));
  }
}

/** Who holds the lock in which transaction; `undefined` when nobody does. */
function readHolder(lockFile: string): string | undefined {
  const bytes = Buffer.alloc(68);
  let file: number;
  try {
    file = openSync(lockFile, "r");
  } catch {
    return undefined;
  }
  try {
    if (readSync(file, bytes, 0, 68, 0) < 68) return undefined;
    const thread = bytes.readUInt32LE(64) & 0x3fffffff;
    return thread === 0 ? undefined : `${thread} ${bytes.readBigUInt64LE(8)}`;
  } finally {
    closeSync(file);
  }
}
