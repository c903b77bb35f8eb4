import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Reply } from "./answer-messages.ts";

/** A program of this folder that runs as a process of its own and answers questions, one at a time. */
export interface Program {
  /** Sends a question and resolves with its answer; rejects with its error, or when the process ends instead. */
  ask<Answer>(question: object, onProgress?: (done: number) => void): Promise<Answer>;
  /** Lets the process end by itself, and waits for that. */
  end(): Promise<void>;
}

/** Starts `name` from this folder, from source; it ends with this process at the latest. */
export function forkProgram(name: string, args: readonly string[] = []): Program {
  const folder = fileURLToPath(new URL(".", import.meta.url));
  const execArgv = ["--conditions=@zarr-cache/source", "--import", "tsx"];
  const child = fork(name, [...args], { cwd: folder, execArgv, stdio: ["ignore", "ignore", "pipe", "ipc"] });
  let complaints = "";
  child.stderr?.on("data", (text) => {
    complaints += text;
  });
  const exited = once(child, "exit");

  return {
    ask<Answer>(question: object, onProgress: (done: number) => void = () => {}): Promise<Answer> {
      return new Promise((resolve, reject) => {
        const finish = (settle: () => void): void => {
          child.off("message", hear).off("exit", fail);
          settle();
        };
        const fail = (): void =>
          finish(() => reject(new Error(`${name} ended with ${child.exitCode}: ${gistOf(complaints)}`)));
        const hear = (message: unknown): void => {
          const reply = message as Reply;
          if ("done" in reply) onProgress(reply.done);
          else if ("error" in reply) finish(() => reject(new Error(reply.error)));
          else finish(() => resolve(reply.value as Answer));
        };
        child.on("message", hear).on("exit", fail);
        child.send(question, (error) => error && fail());
      });
    },
    async end(): Promise<void> {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

/** The line of a stack trace that names the error, else all. */
function gistOf(complaints: string): string {
  return complaints.split("\n").find((line) => /^\w*Error\b/.test(line)) ?? complaints.trim();
}
