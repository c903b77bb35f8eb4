import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const MAIN = fileURLToPath(new URL("../../../packages/server/src/command/main.ts", import.meta.url));

/** A server that runs as a process of its own, as an operator starts it. */
export interface StartedServer {
  /** Such as `http://127.0.0.1:41237`. */
  readonly url: string;
  readonly process: ChildProcess;
  /** What it has logged so far, one object a line. */
  readonly log: readonly Record<string, unknown>[];
  /** Resolves with the next line of the log that has this message. */
  logged(message: string): Promise<Record<string, unknown>>;
  /** Resolves with the code that it ends with. */
  readonly exitCode: Promise<number | null>;
}

/** How a server is started. */
export interface StartOptions {
  readonly env?: Record<string, string>;
  /** Where it is started; default: an empty directory. */
  readonly cwd?: string;
}

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/**
 * Runs `zarr-cache serve ...args --json` at a free port, over a cache of its own unless the arguments name one, and waits
 * until it can be asked. It is ended with the test.
 */
export async function startServer(
  args: readonly string[],
  options: StartOptions = {},
): Promise<StartedServer> {
  const { cwd = await temporaryDirectory(), env = {} } = options;
  const cache = await temporaryDirectory();
  const child = runCommand(["serve", ...args, "--json"], cwd, {
    ZARR_CACHE_LISTEN: "127.0.0.1:0",
    LOCAL_DATA_DIR: cache,
    ...env,
  });
  const log: Record<string, unknown>[] = [];
  const plain: string[] = [];
  const lines = createInterface({ input: child.stderr as NodeJS.ReadableStream });
  lines.on("line", (line) => {
    try {
      log.push(JSON.parse(line));
    } catch {
      plain.push(line);
    }
  });
  const exitCode = once(child, "exit").then(([code]) => code as number | null);
  const first = once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), "line");
  const line = await Promise.race([
    first.then(([text]) => text as string),
    exitCode.then((code) => Promise.reject(new Error(`it ended with ${code}: ${plain.join("\n")}`))),
  ]);
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exitCode;
  });
  return {
    url: JSON.parse(line).url,
    process: child,
    log,
    exitCode,
    async logged(message) {
      const seen = log.length;
      for (;;) {
        const found = log.slice(seen).find(({ msg }) => msg === message);
        if (found !== undefined) return found;
        await Promise.race([
          once(lines, "line"),
          exitCode.then((code) => Promise.reject(new Error(`it ended with ${code}`))),
        ]);
      }
    },
  };
}

/** Runs `zarr-cache ...args` from source, with nothing of this process's environment that configures it. */
export function runCommand(
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): ChildProcess {
  const child = spawn(process.execPath, ["--conditions=@zarr-cache/source", "--import", TSX, MAIN, ...args], {
    cwd,
    env: { PATH: process.env["PATH"], HOME: cwd, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

const TSX = import.meta.resolve("tsx");

/** Runs a command to its end. */
export async function command(
  args: readonly string[],
  options: StartOptions = {},
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const child = runCommand(args, options.cwd ?? (await temporaryDirectory()), options.env);
  let [out, err] = ["", ""];
  child.stdout?.on("data", (text) => {
    out += text;
  });
  child.stderr?.on("data", (text) => {
    err += text;
  });
  const [code] = await once(child, "close");
  return { code, out, err };
}
