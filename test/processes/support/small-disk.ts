import { spawnSync } from "node:child_process";
import { rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A file system of its own in a directory, which a test can fill up and make read-only. */
export interface SmallDisk {
  /** Takes all the space that is left but so many bytes. */
  fill(bytesLeft: number): void;
  /** Gives the space back. */
  empty(): void;
  setReadOnly(isReadOnly: boolean): void;
}

/** Mounts a file system in memory; `undefined` where that is not permitted. Its user is to use another kind of fault then. */
export async function mountSmallDisk(directory: string, bytes: number): Promise<SmallDisk | undefined> {
  await mkdir(directory, { recursive: true });
  const mount = (...options: string[]) => succeeds("mount", ...options, directory);
  if (!mount("-t", "tmpfs", "-o", `size=${bytes},mode=700`, "tmpfs")) return undefined;
  onTestFinished(() => void succeeds("umount", "-l", directory));
  const ballast = join(directory, "ballast");
  return {
    fill(bytesLeft) {
      // A file that does not fit is written as far as it does.
      try {
        writeFileSync(ballast, new Uint8Array(bytes));
      } catch {}
      const { size } = statSync(ballast);
      truncateSync(ballast, Math.max(0, size - bytesLeft));
    },
    empty: () => rmSync(ballast, { force: true }),
    setReadOnly(isReadOnly) {
      if (!mount("-o", `remount,${isReadOnly ? "ro" : "rw"}`)) throw new Error("It cannot be mounted anew");
    },
  };
}

function succeeds(command: "mount" | "umount", ...args: string[]): boolean {
  return spawnSync(command, args).status === 0;
}
