import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
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
      for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || entry.name.endsWith(PART)) continue;
        const file = join(entry.parentPath, entry.name);
        yield [
          `/${relative(path, file).split(sep).join("/")}`,
          new Uint8Array(await readFile(file)),
        ] as const;
      }
    },
  };
}
