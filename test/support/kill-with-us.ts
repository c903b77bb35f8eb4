import { spawn } from "node:child_process";

/** Waits for the other end of standard input to be gone; a signal to the group of this process ends `cat` as well. */
const GUARD = 'trap : HUP INT TERM; cat >/dev/null; kill -9 "$1"; [ -z "$2" ] || rm -rf "$2"';

/**
 * Kills a process, and removes its directory, as soon as this process has ended, however that came about: even when it was
 * killed, and when the other one stands still. Returns the way to take that back, for when it has ended.
 */
export function killWithUs(pid: number, directory = ""): () => void {
  const guard = spawn("sh", ["-c", GUARD, "sh", String(pid), directory], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  guard.unref();
  return () => {
    guard.kill("SIGKILL");
    guard.stdin.destroy();
  };
}
