import { type ChildProcess, fork } from "node:child_process";
import { Worker } from "node:worker_threads";
import type { FromWorker, ToWorker } from "./messages.ts";

/** What chunks are evaluated in: threads of this process, which hand their results over, or processes, which copy them. */
export type WorkerKind = "thread" | "process";

/** A way to a thread or a process that evaluates. */
export interface WorkerChannel {
  post(message: ToWorker): void;
  /** Keeps this process alive, until told otherwise. */
  ref(): void;
  unref(): void;
  /** Ends what is at the other end, whatever it does. */
  end(): Promise<void>;
}

/** What is heard of the other end. */
export interface WorkerListener {
  onMessage(message: FromWorker): void;
  /** It has ended, or could not be started; `how` completes a sentence. */
  onEnd(how: string, cause?: unknown): void;
}

/** Starts a file as a thread or a process. It does not keep this process alive. */
export function openChannel(kind: WorkerKind, file: URL | string, listener: WorkerListener): WorkerChannel {
  return kind === "thread" ? threadChannel(file, listener) : processChannel(file, listener);
}

function threadChannel(file: URL | string, { onMessage, onEnd }: WorkerListener): WorkerChannel {
  const worker = new Worker(file);
  worker.unref();
  worker.on("message", onMessage);
  worker.on("error", (error) => onEnd(`failed: ${error}`, error));
  worker.on("exit", (code) => onEnd(`ended with the code ${code}`));
  return {
    post: (message) =>
      worker.postMessage(message, "spare" in message && message.spare ? [message.spare] : []),
    ref: () => worker.ref(),
    unref: () => worker.unref(),
    end: async () => void (await worker.terminate()),
  };
}

function processChannel(file: URL | string, { onMessage, onEnd }: WorkerListener): WorkerChannel {
  const child = fork(file, { serialization: "advanced" });
  setKeeping(child, false);
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  child.on("message", (message) => onMessage(message as FromWorker));
  child.on("error", (error) => onEnd(`failed: ${error}`, error));
  child.on("exit", (code, signal) =>
    onEnd(signal ? `was ended by ${signal}` : `ended with the code ${code}`),
  );
  return {
    // Where it has ended meanwhile, its end is told.
    post: (message) => void child.send(message, () => {}),
    ref: () => setKeeping(child, true),
    unref: () => setKeeping(child, false),
    async end() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function setKeeping(child: ChildProcess, isKeeping: boolean): void {
  for (const each of [child, child.channel]) isKeeping ? each?.ref() : each?.unref();
}
