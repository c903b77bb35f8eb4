import { mkdir, readdir, readFile, realpath, rename, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UnsupportedError } from "../errors.ts";
import { assertKey, type Key } from "../key.ts";

/** A plain Zarr directory: what an export is written to, and an import read from. */
export interface ZarrDirectory extends AsyncIterable<readonly [key: string, value: Uint8Array]> {
  set(key: Key, value: Uint8Array): Promise<void>;
}

/** A file is written under such a name, and then gets its own, so that none is ever there in part. */
const PART = ".zarr-cache-part";

/** Makes a store of a directory, with one file for each key. It need not be there before it is written to. */
export function zarrDirectory(path: string): ZarrDirectory {
  return {
    async set(key, value) {
      assertKey(key);
      const file = join(path, ...key.slice(1).split("/"));
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file + PART, value);
      await rename(file + PART, file);
    },
    async *[Symbol.asyncIterator]() {
      for await (const [key, file] of filesIn(path))
        yield [key, new Uint8Array(await readFile(file))] as const;
    },
  };
}

/**
 * The files of a directory and of those in it, each with its key. Links are followed, since a file that is left out looks
 * like a missing chunk.
 */
async function* filesIn(
  path: string,
  base = "",
  above: readonly string[] = [],
): AsyncIterable<readonly [key: string, file: string]> {
  const place = await realpath(path);
  if (above.includes(place))
    throw new UnsupportedError(`Reading "${path}"`, `it leads back to "${place}", which it is in`);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const file = join(path, entry.name);
    const key = `${base}/${entry.name}`;
    const kind = entry.isSymbolicLink() ? await stat(file) : entry;
    if (kind.isDirectory()) yield* filesIn(file, key, [...above, place]);
    else if (kind.isFile() && !entry.name.endsWith(PART)) yield [key, file];
  }
}
