import { lstatSync, readdirSync, type Stats } from "node:fs";
import { join } from "node:path";

/** Bytes that a directory occupies, itself included: allocated blocks, as `du` counts them. */
export function directorySize(directory: string): number {
  return sum(blocksUnder(directory));
}

/**
 * Bytes that a directory occupied at one moment, at least.
 *
 * A walk takes time: it may count a file that is deleted and one that is written into the room of it. So there are two
 * walks, and what both have met was there between them. The names of cached files are random and never used again.
 */
export function directorySizeAtOnce(directory: string): number {
  const first = blocksUnder(directory);
  const second = blocksUnder(directory);
  for (const [path, bytes] of first) first.set(path, Math.min(bytes, second.get(path) ?? 0));
  return sum(first);
}

/** Every path below a directory that is no directory, relative to it. */
export function filesUnder(directory: string): string[] {
  return [...blocksUnder(directory).keys()]
    .filter((path) => !path.endsWith("/"))
    .map((path) => path.slice(directory.length + 1));
}

/** The allocated bytes of every path. A file that is renamed once it is whole counts under the name that it gets. */
function blocksUnder(directory: string): Map<string, number> {
  const found = new Map<string, number>();
  const walk = (path: string): void => {
    const stats = statsOf(path);
    if (stats === undefined) return;
    const isDirectory = stats.isDirectory();
    found.set(isDirectory ? `${path}/` : path.replace(/\.tmp$/, ""), stats.blocks * 512);
    if (isDirectory) for (const name of namesIn(path)) walk(join(path, name));
  };
  walk(directory);
  return found;
}

function statsOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function sum(blocks: ReadonlyMap<string, number>): number {
  let bytes = 0;
  for (const size of blocks.values()) bytes += size;
  return bytes;
}
