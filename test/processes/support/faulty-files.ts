import fs from "node:fs";
import type { DiskStoreOpenerOptions } from "zarr-cache/disk";

type FileFunctions = NonNullable<DiskStoreOpenerOptions["files"]>;

/** What a disk does wrong: so many calls, by name, end with an error of this code. */
export interface DiskFault {
  readonly code: "ENOSPC" | "EIO" | "EROFS";
  readonly on: readonly (keyof FileFunctions)[];
}

/** The functions of the platform, on a disk that breaks and is repaired as a test says. */
export interface FaultyFiles {
  readonly files: FileFunctions;
  /** `undefined`: it works. */
  fault: DiskFault | undefined;
  /** Calls that failed. */
  readonly failed: number;
}

/** Makes file functions that work until they are told not to. */
export function faultyFiles(): FaultyFiles {
  let failed = 0;
  const breakable = (name: keyof FileFunctions) => {
    const run = fs[name] as (...args: unknown[]) => void;
    return (...args: unknown[]): void => {
      const { fault } = faulty;
      // Reading a file is no business of a disk that is full or read-only.
      const isRead = name === "open" && args[1] === "r" && fault?.code !== "EIO";
      if (fault === undefined || isRead || !fault.on.includes(name)) {
        run(...args);
        return;
      }
      failed += 1;
      const done = args.at(-1) as (error: Error) => void;
      const error = Object.assign(new Error(`${fault.code}: made to fail, ${name}`), { code: fault.code });
      setImmediate(done, error);
    };
  };
  const names = ["open", "readv", "writev", "close", "rename", "unlink", "mkdir"] as const;
  const faulty: FaultyFiles = {
    files: Object.fromEntries(names.map((name) => [name, breakable(name)])) as unknown as FileFunctions,
    fault: undefined,
    get failed() {
      return failed;
    },
  };
  return faulty;
}
