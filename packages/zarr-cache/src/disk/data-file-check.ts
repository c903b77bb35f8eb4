import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from "node:fs";

const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
const HEADER = 176;
/** Pages that a sound file may lack: LMDB does not write pages that a transaction took and gave back. */
const UNWRITTEN_PAGES = 16;

/**
 * Says what is wrong with an LMDB data file; `undefined` when it can be opened.
 *
 * LMDB maps the file into memory, where a page behind its end kills the process. So the two meta pages are read
 * first: each begins with a page header of 24 bytes, magic and version; the page size is at 48, the number of the last
 * page at 144. A file that lacks only pages which a sound one may lack is made as long as it says.
 */
export function faultOfDataFile(path: string): string | undefined {
  let file: number;
  try {
    file = openSync(path, "r+");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const { size } = fstatSync(file);
    if (size === 0) return undefined;
    const first = readMeta(file, 0);
    if (first === undefined) return "its header is not that of an index";
    const second = readMeta(file, first.pageSize);
    if (second === undefined) return "its second header is not that of an index";
    const needed = (Math.max(first.lastPage, second.lastPage) + 1) * first.pageSize;
    if (size < needed - UNWRITTEN_PAGES * first.pageSize) return `it has ${size} of ${needed} bytes`;
    if (size < needed) ftruncateSync(file, needed);
    return undefined;
  } finally {
    closeSync(file);
  }
}

function readMeta(file: number, at: number): { pageSize: number; lastPage: number } | undefined {
  const bytes = Buffer.alloc(HEADER);
  if (readSync(file, bytes, 0, HEADER, at) < HEADER) return undefined;
  if (bytes.readUInt32LE(24) !== MAGIC || (bytes.readUInt32LE(28) & 0xffff) !== DATA_VERSION)
    return undefined;
  const pageSize = bytes.readUInt32LE(48);
  const isPowerOfTwo = (pageSize & (pageSize - 1)) === 0;
  if (!isPowerOfTwo || pageSize < 512 || pageSize > 65536) return undefined;
  return { pageSize, lastPage: Number(bytes.readBigUInt64LE(144)) };
}
