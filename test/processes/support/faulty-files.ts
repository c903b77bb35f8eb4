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
  const breakable = <Name extends keyof FileFunctions>(name: Name): FileFunctions[Name] =>
    new Proxy(fs[name], {
      apply(run, self, args) {
        const { fault } = faulty;
        // Reading a file is no business of a disk that is full or read-only.
        const isRead = name === "open" && args[1] === "r" && fault?.code !== "EIO";
        if (fault === undefined || isRead || !fault.on.includes(name)) {
          Reflect.apply(run, self, args);
          return;
        }
        failed += 1;
        const error = Object.assign(new Error(`${fault.code}: made to fail, ${name}`), { code: fault.code });
        setImmediate(args.at(-1), error);
      },
    });
  const faulty: FaultyFiles = {
    files: {
      open: breakable("open"),
      readv: breakable("readv"),
      writev: breakable("writev"),
      close: breakable("close"),
      rename: breakable("rename"),
      unlink: breakable("unlink"),
      mkdir: breakable("mkdir"),
    },
    fault: undefined,
    get failed() {
      return failed;
    },
  };
  return faulty;
}
