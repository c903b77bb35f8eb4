import { dirname, join } from "node:path";
import { CacheDirectoryError, DamagedBytesError, InvalidOptionError } from "../errors.ts";
import type { ByteStore, Sealed } from "../store-opener.ts";
import { isToken, TOKEN_FORM } from "../token.ts";
import type { Turns } from "../turns.ts";
import { OWNER_DIRECTORY, OWNER_FILE } from "./directory-marker.ts";
import {
  closeFile,
  dropFile,
  type FileFunctions,
  makeDirectory,
  openFile,
  readInto,
  removeFile,
  renameFile,
  writeOut,
} from "./file-access.ts";

/** What a store on disk asks of its opener. */
export interface DiskStorePlace {
  readonly directory: string;
  readonly files: FileFunctions;
  /** Creates and marks the directory, or throws when it is somebody else's. */
  prepare(): Promise<void>;
  /** Writes take turns, over all stores of an opener. */
  readonly writes: Turns;
  /** Throws when so many bytes are not to be had. */
  admit(bytes: number): void | Promise<void>;
}

/** Ends the name of a file that is being written. */
export const UNFINISHED = ".tmp";

/**
 * The bytes of one store in files `{directory}/a/<token>`.
 *
 * A file is written under a temporary name beside its place and renamed, so that a reader sees all of it or nothing.
 * It is not synced: after a power loss it may be torn or empty, which its checksums tell, and it is fetched again.
 *
 * Files are spread over directories by the last character of the token, which is random: with hexadecimal tokens
 * 16 of them. ext4 and xfs index large directories well; more of them would only cost a block of 4 KiB each.
 */
export class DiskByteStore implements ByteStore {
  readonly #place: DiskStorePlace;

  constructor(place: DiskStorePlace) {
    this.#place = place;
  }

  async get(token: string, size: number, sealSize: number): Promise<Sealed | undefined> {
    const path = this.#pathOf(token);
    const { files } = this.#place;
    const descriptor = await openFile(files, path, "r", 0);
    if (descriptor === undefined) return undefined;
    try {
      const value = new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
      const seal = new Uint8Array(sealSize);
      // One byte more than there should be tells a file that is too long.
      const read = await readInto(files, descriptor, [value, seal, new Uint8Array(1)], 0, size + sealSize);
      if (read !== size + sealSize) throw this.#wrongLength(token, size + sealSize, read);
      return sealSize === 0 ? { value } : { value, seal };
    } finally {
      dropFile(files, descriptor);
    }
  }

  async getRange(token: string, offset: number, length: number): Promise<Uint8Array | undefined> {
    const path = this.#pathOf(token);
    const { files } = this.#place;
    const descriptor = await openFile(files, path, "r", 0);
    if (descriptor === undefined) return undefined;
    try {
      const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
      const read = length === 0 ? 0 : await readInto(files, descriptor, [bytes], offset, length);
      if (read !== length) throw this.#wrongLength(token, offset + length, offset + read);
      return bytes;
    } finally {
      dropFile(files, descriptor);
    }
  }

  async set(token: string, value: Uint8Array, seal: Uint8Array | undefined): Promise<void> {
    const path = this.#pathOf(token);
    const buffers = seal === undefined ? [value] : [value, seal];
    await this.#place.prepare();
    await this.#place.admit(value.byteLength + (seal?.byteLength ?? 0));
    await this.#place.writes.take(() => this.#writeWhole(path, buffers));
  }

  async delete(token: string): Promise<void> {
    const path = this.#pathOf(token);
    await removeFile(this.#place.files, path + UNFINISHED);
    await removeFile(this.#place.files, path);
  }

  async #writeWhole(path: string, buffers: readonly Uint8Array[]): Promise<void> {
    try {
      await this.#write(path + UNFINISHED, buffers);
      await renameFile(this.#place.files, path + UNFINISHED, path);
    } catch (error) {
      // Should this fail too, `delete` of the condemned name removes it.
      await removeFile(this.#place.files, path + UNFINISHED).catch(() => {});
      throw error;
    }
  }

  async #write(path: string, buffers: readonly Uint8Array[]): Promise<void> {
    const { files } = this.#place;
    let descriptor = await openFile(files, path, "w", OWNER_FILE);
    if (descriptor === undefined) {
      await makeDirectory(files, dirname(path), OWNER_DIRECTORY);
      descriptor = await openFile(files, path, "w", OWNER_FILE);
    }
    if (descriptor === undefined)
      throw new CacheDirectoryError(
        this.#place.directory,
        "disappeared while it was in use; close and reopen the cache",
      );
    try {
      await writeOut(files, descriptor, buffers);
    } catch (error) {
      dropFile(files, descriptor);
      throw error;
    }
    await closeFile(files, descriptor);
  }

  #wrongLength(token: string, wanted: number, found: number): DamagedBytesError {
    const reason = found > wanted ? "more than" : `${found} instead of`;
    return new DamagedBytesError(this.#pathOf(token), `has ${reason} ${wanted} bytes`);
  }

  #pathOf(token: string): string {
    if (!isToken(token)) throw new InvalidOptionError("token", token, TOKEN_FORM);
    return join(this.#place.directory, token.slice(-1), token);
  }
}
