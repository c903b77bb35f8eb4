import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { runCommand, type StartOptions } from "./start-server.ts";

/** `zarr-cache worker` as a process of its own. */
export interface StartedWorker {
  readonly process: ChildProcess;
  /** What it says at its start: the queue, what it evaluates. */
  readonly told: Readonly<Record<string, unknown>>;
  /** What became of each chunk so far. */
  readonly chunks: readonly { readonly state: string }[];
  /** Resolves with the code that it ends with. */
  readonly exitCode: Promise<number | null>;
}

/** Runs `zarr-cache worker ...args --json` and waits until it takes chunks. It is ended with the test. */
export async function startWorker(
  args: readonly string[],
  { cwd, env = {} }: StartOptions & { readonly cwd: string },
): Promise<StartedWorker> {
  const child = runCommand(["worker", ...args, "--json"], cwd, env);
  const chunks: { readonly state: string }[] = [];
  let complaints = "";
  child.stderr?.on("data", (text) => {
    complaints += text;
  });
  const exitCode = once(child, "exit").then(([code]) => code as number | null);
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exitCode;
  });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const first = once(lines, "line").then(([line]) => JSON.parse(line));
  const told = await Promise.race([
    first,
    exitCode.then((code) => Promise.reject(new Error(`it ended with ${code}: ${complaints}`))),
  ]);
  lines.on("line", (line) => chunks.push(JSON.parse(line)));
  return { process: child, told, chunks, exitCode };
}
