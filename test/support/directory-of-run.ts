import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Waits for the other end of standard input to be gone; a signal to the group of this process ends `cat` as well. Servers that
 * end at the same moment may still write to the directory.
 */
const GUARD =
  'trap : HUP INT TERM; cat >/dev/null; for _ in $(seq 100); do rm -rf "$1" 2>/dev/null && exit; sleep 0.1; done';

/** A directory for servers of this run. */
export interface DirectoryOfRun {
  readonly path: string;
  /** Removes it. */
  remove(): void;
}

/**
 * Makes a directory that is removed as soon as this process has ended, however that came about, and removes those of processes
 * that have ended together with what would have removed them. `prefix` tells them from others.
 */
export function directoryOfRun(prefix: string): DirectoryOfRun {
  removeLeft(prefix);
  const path = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
  const guard = spawn("sh", ["-c", GUARD, "sh", path], { stdio: ["pipe", "ignore", "ignore"] });
  guard.unref();
  return {
    path,
    remove() {
      rmSync(path, { recursive: true, force: true });
      guard.kill("SIGKILL");
      guard.stdin.destroy();
    },
  };
}

function removeLeft(prefix: string): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(prefix) && /^(\d+)-/.exec(name.slice(prefix.length))?.[1];
    if (pid && hasEnded(Number(pid))) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

/** Whether no process has this number, another user's included. */
function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
