import { constants } from "node:fs";
import { access, mkdir, opendir } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { type ByteSize, parseBytes } from "../byte-size.ts";
import type { Clock } from "../clock.ts";
import { isZarrCacheError } from "../errors.ts";
import { assertStoreId } from "../key.ts";
import { assertFunction, assertKnownOptions, assertMethods } from "../options.ts";
import type { ByteStore, StoredName, StoreOpener } from "../store-opener.ts";
import { isToken } from "../token.ts";
import { Turns } from "../turns.ts";
import { isAbsent, markDirectory, OWNER_DIRECTORY, ownDirectory, readMarker } from "./directory-marker.ts";
import { type DirectoryPattern, parseDirectoryPattern } from "./directory-pattern.ts";
import { DiskByteStore, UNFINISHED } from "./disk-byte-store.ts";
import { type FileFunctions, platformFiles } from "./file-access.ts";
import { FreeSpaceFloor, type StatFs } from "./free-space-floor.ts";
import { unusableDirectory } from "./unusable-directory.ts";

/** Options of a {@link DiskStoreOpener}. */
export interface DiskStoreOpenerOptions {
  /**
   * Bytes that writes leave free on the file system, for others.
   * Default: 1 GiB or 1 % of the file system, whichever is smaller.
   */
  readonly minFreeBytes?: ByteSize;
  /** Default `Date.now`. */
  readonly clock?: Clock;
  /** The file functions that bytes go through; a test replaces them. */
  readonly files?: FileFunctions;
  /** Asks a file system for its free space; a test replaces it. */
  readonly statfs?: StatFs;
}

const WRITES_AT_ONCE = 3;
const BLOCK = 4096;
/** A name of 40 characters in a directory block of ext4 takes 48 bytes; the blocks are half to three quarters full. */
const DIRECTORY_ENTRY = 128;

/**
 * Keeps cached bytes in files, one directory per store: `new DiskStoreOpener("/cache/{store_id}")`.
 *
 * File names are tokens, never keys. The root and every store directory carry a marker file; nothing is listed or
 * written in a directory that holds files and has none. Directories are open to their owner only.
 */
export class DiskStoreOpener implements StoreOpener {
  readonly medium = "disk";
  readonly crc32: (bytes: Uint8Array, seed?: number) => number = crc32;
  readonly #pattern: DirectoryPattern;
  readonly #floor: FreeSpaceFloor;
  readonly #files: FileFunctions;
  readonly #writes = new Turns(WRITES_AT_ONCE);
  readonly #prepared = new Map<string, Promise<void>>();

  /** Throws {@link InvalidOptionError} for a pattern without `{store_id}` in its last segment, or an unknown option. */
  constructor(pattern: string, options: DiskStoreOpenerOptions = {}) {
    assertKnownOptions("DiskStoreOpener", options, ["minFreeBytes", "clock", "files", "statfs"]);
    const { minFreeBytes, clock = Date.now, files = platformFiles, statfs } = options;
    assertFunction("clock", clock, "a function that returns milliseconds");
    assertMethods("files", files, ["open", "readv", "writev", "close", "rename", "unlink", "mkdir"]);
    if (statfs !== undefined) assertFunction("statfs", statfs, "a function (path) => free space");
    this.#pattern = parseDirectoryPattern("DiskStoreOpener pattern", pattern);
    this.#files = files;
    const floor = minFreeBytes === undefined ? undefined : parseBytes("minFreeBytes", minFreeBytes);
    this.#floor = new FreeSpaceFloor(this.#pattern.root, floor, clock, statfs);
  }

  /** The directory that holds the directories of all stores. */
  get root(): string {
    return this.#pattern.root;
  }

  open(storeId: string): ByteStore {
    assertStoreId(storeId);
    const directory = this.#pattern.directoryOf(storeId);
    return new DiskByteStore({
      directory,
      files: this.#files,
      writes: this.#writes,
      prepare: () => this.#prepare(directory),
      admit: (bytes) => this.#floor.admit(bytes),
    });
  }

  /**
   * Blocks of 4 KiB, and the share in the blocks of the directory. The directories of a store themselves, at most
   * 18 blocks, are part of what an index on the same disk sets aside.
   */
  footprint(size: number, sealSize: number): number {
    const bytes = size + sealSize;
    return bytes === 0 ? 0 : Math.ceil(bytes / BLOCK) * BLOCK + DIRECTORY_ENTRY;
  }

  async *names(): AsyncIterable<StoredName> {
    if ((await readMarker(this.root)) === undefined) return;
    for await (const name of namesIn(this.root)) {
      const storeId = this.#pattern.storeIdOf(name);
      if (storeId === undefined || !isStoreId(storeId)) continue;
      const directory = join(this.root, name);
      if (!(await isMarked(directory))) continue;
      for await (const spread of namesIn(directory)) {
        if (spread.length !== 1) continue;
        for await (const file of namesIn(join(directory, spread))) {
          const token = file.endsWith(UNFINISHED) ? file.slice(0, -UNFINISHED.length) : file;
          if (isToken(token) && token.endsWith(spread)) yield { storeId, token };
        }
      }
    }
  }

  /** Creates and marks the root, and makes sure that it can be written to. */
  async check(): Promise<void> {
    const { root } = this;
    try {
      await mkdir(root, { recursive: true, mode: OWNER_DIRECTORY });
      await access(root, constants.R_OK | constants.W_OK | constants.X_OK);
      await markDirectory(root);
    } catch (error) {
      throw unusableDirectory(root, error);
    }
  }

  #prepare(directory: string): Promise<void> {
    let prepared = this.#prepared.get(directory);
    if (prepared === undefined) {
      prepared = this.check().then(() => ownDirectory(directory));
      // What failed once may work later: the disk is mounted again, the foreign files are moved away.
      prepared.catch(() => this.#prepared.delete(directory));
      this.#prepared.set(directory, prepared);
    }
    return prepared;
  }
}

async function* namesIn(directory: string): AsyncIterable<string> {
  try {
    for await (const entry of await opendir(directory)) yield entry.name;
  } catch (error) {
    if (!isAbsent(error) && !isNoDirectory(error)) throw error;
  }
}

async function isMarked(directory: string): Promise<boolean> {
  try {
    return (await readMarker(directory)) !== undefined;
  } catch (error) {
    if (isNoDirectory(error) || isZarrCacheError(error, "CacheDirectoryError")) return false;
    throw error;
  }
}

function isStoreId(name: string): boolean {
  try {
    assertStoreId(name);
    return true;
  } catch {
    return false;
  }
}

function isNoDirectory(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOTDIR";
}
