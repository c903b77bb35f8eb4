import { statfs } from "node:fs/promises";
import { formatBytes } from "../byte-size.ts";
import type { Clock } from "../clock.ts";
import { CacheDirectoryError } from "../errors.ts";

/** What a floor needs to know of a file system. */
export type StatFs = (
  path: string,
) => Promise<{ readonly bsize: number; readonly blocks: number; readonly bavail: number }>;

const RECHECK_MILLISECONDS = 1000;

/**
 * Refuses writes that would leave less than some bytes free on a file system, for whoever else lives there.
 *
 * The file system is asked again after a second, or once half of what was free above the floor has been written.
 */
export class FreeSpaceFloor {
  readonly #directory: string;
  readonly #minFreeBytes: number | undefined;
  readonly #clock: Clock;
  readonly #statfs: StatFs;
  #checkedAt = Number.NEGATIVE_INFINITY;
  #spare = 0;
  #written = 0;
  #checking: Promise<void> | undefined;

  /** Without `minFreeBytes` the floor is 1 GiB or 1 % of the file system, whichever is smaller. */
  constructor(directory: string, minFreeBytes: number | undefined, clock: Clock, ask: StatFs = statfs) {
    this.#directory = directory;
    this.#minFreeBytes = minFreeBytes;
    this.#clock = clock;
    this.#statfs = ask;
  }

  /** Answers at once where it is sure. Throws {@link CacheDirectoryError} when `bytes` do not fit above the floor. */
  admit(bytes: number): void | Promise<void> {
    const elapsed = this.#clock() - this.#checkedAt;
    if (elapsed >= 0 && elapsed < RECHECK_MILLISECONDS && this.#written + bytes <= this.#spare / 2) {
      this.#written += bytes;
      return;
    }
    return this.#checkAndAdmit(bytes);
  }

  async #checkAndAdmit(bytes: number): Promise<void> {
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined;
    });
    await this.#checking;
    if (this.#written + bytes > this.#spare)
      throw new CacheDirectoryError(
        this.#directory,
        `has too little free space for ${formatBytes(bytes)} more: free some, or lower minFreeBytes`,
      );
    this.#written += bytes;
  }

  async #check(): Promise<void> {
    const { bsize, blocks, bavail } = await this.#statfs(this.#directory);
    const floor = this.#minFreeBytes ?? Math.min(2 ** 30, Math.floor((blocks * bsize) / 100));
    this.#spare = Math.max(0, bavail * bsize - floor);
    this.#written = 0;
    this.#checkedAt = this.#clock();
  }
}
