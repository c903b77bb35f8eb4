import { linkSync, lstatSync, readlinkSync, renameSync, symlinkSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import type { Timers } from "../clock.ts";
import { DeadlineError } from "../errors.ts";
import { awaitWriteLock } from "./lock-holder.ts";

/** What marking asks of its caller. */
export interface MarkOptions {
  readonly deadline: number;
  readonly timers: Timers;
}

const MARK = "opening";
const POLL = 5;
/** An environment is opened in milliseconds; a mark of this age is a dead process's, whose number another has now. */
const FORGOTTEN_MILLISECONDS = 60_000;
/** So many deadlines may one process take to open. */
const PATIENCE = 10;

/**
 * Opens an LMDB environment while nobody else opens it or writes to it.
 *
 * LMDB as lmdb 3 has it does not lock when it opens: it reads the number of the last transaction from the file and
 * puts it where all processes look for it (`mti_txnid` in `mdb_env_open2`). What is committed in between is undone by
 * the next transaction, and pages are given out twice, which is the end of the index. So a process that opens makes a
 * mark first, waits until the transaction that may have begun before has ended, and takes the mark away when it is
 * done; a transaction that finds a mark ({@link openingMark}) changes nothing and is tried again.
 *
 * The mark is a symbolic link to the number of its process: made whole or not at all, and without a block of the disk.
 * Where no link can be made, such as on Windows without the right to it, nothing is guarded.
 */
export async function whileMarked<T>(
  directory: string,
  options: MarkOptions,
  open: () => Promise<T>,
): Promise<T> {
  const path = join(directory, MARK);
  const own = await makeMark(path, options);
  try {
    await awaitWriteLock(join(directory, "lock.mdb"), options.deadline, options.timers);
    return await open();
  } finally {
    if (own !== undefined && read(path) === own) unlinkSync(path);
  }
}

/** Names the process that is opening the environment in a directory at this moment; `undefined` when none is. */
export function openingMark(directory: string): string | undefined {
  const path = join(directory, MARK);
  // The common case costs one call of the system and no exception.
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  const mark = read(path);
  return mark === undefined || isForgotten(path, mark) ? undefined : mark;
}

async function makeMark(path: string, { deadline, timers }: MarkOptions): Promise<string | undefined> {
  const own = `${process.pid}.${Math.random().toString(36).slice(2)}`;
  let other: string | undefined;
  for (let waited = 0; ; waited += POLL) {
    try {
      symlinkSync(own, path);
      return own;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) return undefined;
    }
    const found = read(path);
    if (found !== undefined && isForgotten(path, found)) {
      takeAway(path, found);
      continue;
    }
    if (found !== other) waited = 0;
    other = found;
    if (waited >= PATIENCE * deadline)
      throw new DeadlineError("The index, which another process is opening,", PATIENCE * deadline);
    await new Promise<void>((resolve) => timers.set(resolve, POLL));
  }
}

/** Removes the mark of a dead process; should another have been made there by now, it is put back. */
function takeAway(path: string, mark: string): void {
  const aside = `${path}.${Math.random().toString(36).slice(2)}`;
  try {
    renameSync(path, aside);
    if (read(aside) !== mark) linkSync(aside, path);
    unlinkSync(aside);
  } catch {
    // Somebody else was faster.
  }
}

function isForgotten(path: string, mark: string): boolean {
  const made = lstatSync(path, { throwIfNoEntry: false })?.mtimeMs;
  if (made !== undefined && Math.abs(Date.now() - made) > FORGOTTEN_MILLISECONDS) return true;
  try {
    process.kill(Number.parseInt(mark, 10), 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

function read(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
