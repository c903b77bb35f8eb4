import { readlinkSync, statSync, symlinkSync, unlinkSync } from "node:fs";
import { join } from "node:path";

const MARK = "damaged";

/**
 * Whether LMDB says by an error that a page of its file is not what it should be.
 *
 * `MDB_BAD_TXN` and `MDB_PANIC` say no more than that something went wrong before, on a sound file as well.
 */
export function saysDamage(error: unknown): error is Error {
  return error instanceof Error && /MDB_(?:CORRUPTED|PAGE_NOTFOUND|INVALID)/.test(error.message);
}

/** Tells the file of an index from one that is put in its place later. */
export function fileNumber(directory: string): string {
  return String(statSync(join(directory, "data.mdb"), { bigint: true }).ino);
}

/**
 * Has the next to open an index set it aside, if it is still the same file.
 *
 * Opening reads only the first pages, so damage in the middle shows when somebody comes by, and a file that others have
 * mapped cannot be replaced under them. The mark is a symbolic link to the number of the file, as in `opening-mark.ts`.
 */
export function markDamaged(directory: string, file: string): void {
  try {
    symlinkSync(file, join(directory, MARK));
  } catch {
    // It is marked already, or cannot be: then it is found again.
  }
}

/** Whether the index that is in a directory now was marked. A mark for another file is taken away. */
export function isMarkedDamaged(directory: string): boolean {
  try {
    if (readlinkSync(join(directory, MARK)) === fileNumber(directory)) return true;
    unmarkDamaged(directory);
  } catch {
    // There is no mark, or no file.
  }
  return false;
}

/** Takes the mark away, since the file is replaced. */
export function unmarkDamaged(directory: string): void {
  try {
    unlinkSync(join(directory, MARK));
  } catch {
    // There is none.
  }
}
