import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { InvalidOptionError } from "../errors.ts";

const PLACEHOLDER = "{store_id}";

/** Where the directories of stores lie: all in one root, each named after its store id. */
export interface DirectoryPattern {
  /** The directory that holds one directory per store. */
  readonly root: string;
  /** The directory of one store. */
  directoryOf(storeId: string): string;
  /** The store id that a name in the root belongs to; `undefined` when it does not fit the pattern. */
  storeIdOf(name: string): string | undefined;
}

/**
 * Reads a pattern such as `"/cache/{store_id}"` or `"~/cache/{store_id}.zarr"`; a leading `~` is the home directory.
 * Throws {@link InvalidOptionError} unless the placeholder occurs once, in the last segment.
 */
export function parseDirectoryPattern(option: string, pattern: unknown): DirectoryPattern {
  if (typeof pattern !== "string" || pattern.includes("\0") || pattern.split(PLACEHOLDER).length !== 2)
    throw notAPattern(option, pattern);
  const path = resolve(expandHome(pattern));
  const [before = "", after = ""] = basename(path).split(PLACEHOLDER);
  if (!basename(path).includes(PLACEHOLDER)) throw notAPattern(option, pattern);
  const root = dirname(path);
  return {
    root,
    directoryOf: (storeId) => join(root, before + storeId + after),
    storeIdOf(name) {
      const fits =
        name.length > before.length + after.length && name.startsWith(before) && name.endsWith(after);
      return fits ? name.slice(before.length, name.length - after.length) : undefined;
    },
  };
}

/** Replaces a leading `~` by the home directory. */
export function expandHome(path: string): string {
  return path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;
}

function notAPattern(option: string, pattern: unknown): InvalidOptionError {
  return new InvalidOptionError(
    option,
    pattern,
    'a directory such as "/cache/{store_id}", with {store_id} once in its last segment',
  );
}
