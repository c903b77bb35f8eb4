import { statSync } from "node:fs";
import type { IndexHead } from "./index-head.ts";

/** Size of the index's data file. */
export type DataFileSize = () => number;

/** The data file of an index with a few entries: pages of its tables, twice over while old ones are read. */
const FILE_BASE = 256 * 1024;
/** The file, what one transaction may add to it, the lock file, and the directories and markers above the stores. */
const INDEX_BASE = FILE_BASE + 96 * 1024 + 32 * 1024;
/** A store's directory, 16 directories in it, its marker. */
const STORE_BASE = 18 * 4096;
/** Small budgets cannot give that much; `du` may then exceed them by it. */
const MOST_BASE = 1 / 32;

/**
 * Charged for the records of an entry, the same for all so that the policy weighs equal values alike. Measured: see the
 * test that fills an index. Ids of more than some 100 characters take more, which {@link limitOf} makes up for.
 */
export const ENTRY_OVERHEAD = 1024;

/**
 * What may be charged at most, so that files and index together never exceed the budget on disk.
 *
 * LMDB never shrinks its file. Where it has grown beyond what the present entries are charged for (there were more of
 * them once), the difference is taken off.
 */
export function limitOf(head: IndexHead, sizeOfFile: number): number {
  const base = Math.min(INDEX_BASE + head.stores * STORE_BASE, head.maxBytes * MOST_BASE);
  const grown = Math.max(0, sizeOfFile - FILE_BASE - head.overheads);
  return Math.max(0, head.maxBytes - base - grown);
}

/** Reads the size of a file. */
export function fileSize(path: string): DataFileSize {
  return () => {
    try {
      return statSync(path).size;
    } catch {
      return 0;
    }
  };
}
