import { spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Runs the program given to it in a group of its own, and kills that, with all processes that the program has started, when
 * the other end of standard input is gone, however that came about; a signal to the group of this process ends `cat`.
 */
const TETHER = 'trap : HUP INT TERM; setsid "$@" </dev/null & cat >/dev/null; kill -9 -$!';

/** A server that ends when this process does, even when this process is killed. */
export interface TetheredProcess {
  /** Kills it, and what it has started, and waits until all have ended. */
  stop(): Promise<void>;
  /** What it has written so far, standard error included. */
  readonly output: string;
}

/** Starts a program as a {@link TetheredProcess}. */
export function startTethered(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): TetheredProcess {
  const tether = spawn("sh", ["-c", TETHER, "sh", command, ...args], {
    ...options,
    stdio: ["pipe", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [tether.stdout, tether.stderr])
    stream.on("data", (text) => {
      output = (output + text).slice(-10_000);
    });
  const ended = once(tether, "close");
  return {
    get output() {
      return output;
    },
    async stop() {
      tether.stdin.destroy();
      await ended;
    },
  };
}
