import { webcrypto } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { removeAbandoned } from "./abandoned-directories.ts";

/** A file with the bytes of an item. It stays until it is released as often as it was given out. */
export interface ItemFile {
  readonly file: string;
  readonly bytes: number;
  release(): void;
}

interface Kept {
  readonly file: string;
  readonly bytes: number;
  readonly written: Promise<void>;
  users: number;
}

/**
 * Bytes of items as files, through which the processes of functions share them: written once for what they are, whoever
 * reads them and however often. At most `maxBytes` stay when nobody uses them, those used last.
 */
export class ItemFiles {
  readonly #maxBytes: number;
  /** By what the bytes are, the longest unused first. */
  readonly #kept = new Map<string, Kept>();
  /** What bytes are that a tier in memory gives out again and again. */
  readonly #names = new WeakMap<Uint8Array, string>();
  #directory: Promise<string> | undefined;
  #bytes = 0;
  #count = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes on disk at the moment. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Files written so far. */
  get written(): number {
    return this.#count;
  }

  /** The directory of the files, which only this process uses, and which is gone after {@link close}. */
  directory(): Promise<string> {
    this.#directory ??= makeDirectory();
    return this.#directory;
  }

  /** The file with these bytes, written where there is none yet. Nobody writes to `bytes` meanwhile. */
  async open(bytes: Uint8Array): Promise<ItemFile> {
    const directory = await this.directory();
    const name = await this.#nameOf(bytes);
    const kept = this.#kept.get(name) ?? this.#write(join(directory, String(this.#count)), bytes);
    kept.users++;
    this.#kept.delete(name);
    this.#kept.set(name, kept);
    let isReleased = false;
    const release = () => {
      if (isReleased) return;
      isReleased = true;
      kept.users--;
      this.#evict();
    };
    try {
      await kept.written;
    } catch (error) {
      if (this.#kept.get(name) === kept) this.#drop(name, kept);
      throw error;
    }
    return { file: kept.file, bytes: kept.bytes, release };
  }

  /** Removes all files. */
  async close(): Promise<void> {
    const directory = await this.#directory?.catch(() => undefined);
    this.#directory = undefined;
    this.#kept.clear();
    this.#bytes = 0;
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  }

  /** The SHA-256 of bytes, computed on another thread. */
  async #nameOf(bytes: Uint8Array): Promise<string> {
    const known = this.#names.get(bytes);
    if (known !== undefined) return known;
    const name = Buffer.from(await webcrypto.subtle.digest("SHA-256", bytes)).toString("base64");
    this.#names.set(bytes, name);
    return name;
  }

  #write(file: string, bytes: Uint8Array): Kept {
    this.#count++;
    this.#bytes += bytes.byteLength;
    const written = writeFile(file, bytes, { flag: "wx", mode: 0o400 });
    return { file, bytes: bytes.byteLength, written, users: 0 };
  }

  #evict(): void {
    for (const [name, kept] of this.#kept) {
      if (this.#bytes <= this.#maxBytes) return;
      if (kept.users === 0) this.#drop(name, kept);
    }
  }

  #drop(name: string, { file, bytes }: Kept): void {
    this.#kept.delete(name);
    this.#bytes -= bytes;
    // What cannot be removed goes with the directory.
    rm(file, { force: true }).catch(() => {});
  }
}

/** Makes a directory of our own, which tells whose it is when its process is no more. */
async function makeDirectory(): Promise<string> {
  const prefix = `zarr-cache-items-${hostname()}-`;
  await removeAbandoned(tmpdir(), prefix);
  return mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
}
