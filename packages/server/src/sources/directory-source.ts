import { randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { pathToFileURL } from "node:url";
import {
  type RangeQuery,
  type Source,
  type SourceAnswer,
  SourceChangedError,
  type SourceRead,
} from "zarr-cache";

/** A key cannot have a value, since there are keys below it, or a value above it. */
export class OccupiedPathError extends Error {
  constructor(key: string, cause: unknown) {
    super(`A directory holds no value under "${key}", where there are keys below it or a value above it.`, {
      cause,
    });
    this.name = "OccupiedPathError";
  }
}

/** What an unfinished file is called, so that nobody takes it for a value. */
const PART = ".zarr-cache-part";

/**
 * A Zarr store in a directory: one file for each key. Tells sizes and versions (time of change, size and number of the
 * file), and gives nothing that lies outside of the directory, whatever links lead there.
 */
export class DirectorySource implements Source {
  readonly identity: string;
  readonly set?: (key: string, value: Uint8Array) => Promise<void>;
  readonly delete?: (key: string) => Promise<void>;
  readonly #root: string;

  /** `writable`: whether it has `set` and `delete`. */
  constructor(path: string, options: { readonly writable?: boolean } = {}) {
    this.#root = path;
    this.identity = pathToFileURL(path).href.replace(/\/$/, "");
    if (!options.writable) return;
    this.set = (key, value) => this.#write(key, value);
    this.delete = (key) => this.#remove(key);
  }

  /** Reads a value whole. */
  async get(key: string): Promise<Uint8Array | undefined> {
    const answer = await this.read(key);
    return answer.status === "value" ? answer.value : undefined;
  }

  /** Reads a value or a range of it; tells size and version. */
  async read(key: string, { range, ifMatch, ifNoneMatch }: SourceRead = {}): Promise<SourceAnswer> {
    const file = await this.#open(key);
    if (file === undefined) return { status: "missing" };
    try {
      const stats = await file.stat();
      if (!stats.isFile()) return { status: "missing" };
      const facts = { size: stats.size, validator: versionOf(stats) };
      if (ifMatch !== undefined && ifMatch !== facts.validator)
        throw new SourceChangedError(this.identity, key, ifMatch, facts.validator);
      if (ifNoneMatch === facts.validator) return { status: "unchanged", ...facts };
      const value = await readPart(file, stats.size, range);
      // A file that was written meanwhile may be of both versions.
      const after = versionOf(await file.stat());
      if (after !== facts.validator || value === undefined)
        throw new SourceChangedError(this.identity, key, facts.validator, after);
      return { status: "value", value, ...facts };
    } finally {
      await file.close();
    }
  }

  /** Whether a key has a value. */
  async has(key: string): Promise<boolean> {
    return (await this.#inside(key)) !== undefined;
  }

  /** Direct children of a path, sorted. */
  async list(prefix = "/"): Promise<string[]> {
    const base = prefix.endsWith("/") ? prefix : `${prefix}/`;
    const directory = await this.#inside(base);
    if (directory === undefined) return [];
    const children = await readdir(directory, { withFileTypes: true }).catch(emptyIfMissing);
    return children
      .filter(({ name }) => !name.endsWith(PART))
      .map((child) => `${base}${child.name}${child.isDirectory() ? "/" : ""}`)
      .sort();
  }

  /** Bytes of all values under a path. */
  async getSize(prefix = "/"): Promise<number> {
    let size = 0;
    for (const child of await this.list(prefix))
      size += child.endsWith("/")
        ? await this.getSize(child)
        : await stat(this.#path(child)).then(({ size: own }) => own, zeroIfMissing);
    return size;
  }

  #path(key: string): string {
    return join(this.#root, ...key.split("/"));
  }

  /** Where a key really is; `undefined` where that is nowhere, or outside of the directory. */
  async #inside(key: string): Promise<string | undefined> {
    try {
      const [root, path] = await Promise.all([realpath(this.#root), realpath(this.#path(key))]);
      return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep) ? path : undefined;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async #open(key: string): Promise<FileHandle | undefined> {
    const path = await this.#inside(key);
    if (path === undefined) return undefined;
    try {
      return await open(path);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async #write(key: string, value: Uint8Array): Promise<void> {
    const path = this.#path(key);
    await this.#makeParent(path).catch((error) => {
      throw isOccupied(error) ? new OccupiedPathError(key, error) : error;
    });
    const part = `${path}.${randomBytes(6).toString("hex")}${PART}`;
    try {
      await writeFile(part, value, { flag: "wx" });
      await rename(part, path);
    } catch (error) {
      await rm(part, { force: true });
      throw isOccupied(error) ? new OccupiedPathError(key, error) : error;
    }
  }

  /** Makes the directory of a file, unless a link on the way there leads outside. */
  async #makeParent(path: string): Promise<void> {
    const root = await realpath(this.#root);
    let existing = dirname(path);
    while (existing.length > this.#root.length && !(await exists(existing))) existing = dirname(existing);
    const real = await realpath(existing);
    if (real !== root && !real.startsWith(root + sep)) throw new Error("the path leads out of the directory");
    await mkdir(dirname(path), { recursive: true });
  }

  async #remove(key: string): Promise<void> {
    const path = await this.#inside(key);
    if (path === undefined) return;
    // Others may have deleted it meanwhile.
    const isFile = await stat(path).then((stats) => stats.isFile(), falseIfMissing);
    // A directory is no value, and its deletion would be that of many.
    if (isFile) await rm(path, { force: true });
  }
}

function versionOf({ mtimeMs, size, ino }: Stats): string {
  return `"${mtimeMs.toString(36)}-${size.toString(36)}-${ino.toString(36)}"`;
}

/** `undefined` where the file ended before it should. */
async function readPart(
  file: FileHandle,
  size: number,
  range: RangeQuery | undefined,
): Promise<Uint8Array | undefined> {
  const [start, end] =
    range === undefined
      ? [0, size]
      : "suffixLength" in range
        ? [Math.max(0, size - range.suffixLength), size]
        : [Math.min(range.offset, size), Math.min(range.offset + range.length, size)];
  const bytes = new Uint8Array(end - start);
  for (let at = 0; at < bytes.byteLength; ) {
    const { bytesRead } = await file.read(bytes, at, bytes.byteLength - at, start + at);
    if (bytesRead === 0) return undefined;
    at += bytesRead;
  }
  return bytes;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function isMissing(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes((error as NodeJS.ErrnoException).code ?? "");
}

function isOccupied(error: unknown): boolean {
  return ["EISDIR", "ENOTDIR", "EEXIST", "ENOTEMPTY", "ENAMETOOLONG"].includes(
    (error as NodeJS.ErrnoException).code ?? "",
  );
}

function emptyIfMissing(error: unknown): [] {
  if (isMissing(error)) return [];
  throw error;
}

function falseIfMissing(error: unknown): false {
  if (isMissing(error)) return false;
  throw error;
}

function zeroIfMissing(error: unknown): number {
  if (isMissing(error)) return 0;
  throw error;
}
