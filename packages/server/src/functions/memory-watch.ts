import { once } from "node:events";
import { Worker } from "node:worker_threads";

/** What the watch knows of its process. */
interface Watched {
  /** Whether a call runs: 0 or 1. */
  readonly running: Int32Array;
  readonly maxMemory: number;
  /** Directory in which a file with the name of {@link memoryNote} is made when the process is ended for its memory. */
  readonly notes: string;
}

/**
 * Ends this process when it takes more memory than it may while a call runs, be it on the heap or in buffers, which no
 * limit of V8 counts, and when its server is gone. A thread does it, which goes on while a call holds the process's own.
 * Resolves when it is awake, since no thread begins any more once that is held.
 */
export async function watchMemory(watched: Watched): Promise<void> {
  const thread = new Worker(WATCH, { eval: true, workerData: watched });
  thread.unref();
  await once(thread, "message");
}

/** What tells that a process was ended for its memory. */
export function memoryNote(pid: number): string {
  return `memory-${pid}`;
}

/**
 * The program of the thread. A text, since threads begin without the loader that a checkout runs its sources with. Looks
 * every 20 ms: at a few GB a second, that is what a call may take too much.
 */
const WATCH = `
  const { writeFileSync } = require("node:fs");
  const { parentPort, workerData } = require("node:worker_threads");
  const { running, maxMemory, notes } = workerData;
  const server = process.ppid;
  parentPort.postMessage("awake");
  for (;;) {
    const isRunning = Atomics.load(running, 0);
    const isTooMuch = isRunning === 1 && process.memoryUsage.rss() > maxMemory;
    if (isTooMuch) writeFileSync(notes + "/memory-" + process.pid, "");
    if (isTooMuch || process.ppid !== server) process.kill(process.pid, "SIGKILL");
    Atomics.wait(running, 0, isRunning, isRunning === 1 ? 20 : 1000);
  }
`;
