/** What ends a process of functions. */
export interface WatchBounds {
  /** Id of the process that it serves; when that is gone, so is this one. */
  readonly server: number;
  /** Bytes that it may take while a call runs, on the heap and in buffers, which no limit of V8 counts. */
  readonly maxMemory: number;
  /** Directory in which a file with the name of {@link memoryNote} is made when it is ended for its memory. */
  readonly notes: string;
}

/** What tells that a process was ended for its memory. */
export function memoryNote(pid: number): string {
  return `memory-${pid}`;
}

/**
 * The flags of Node that have a process watched from its first moment: a thread ends it, and goes on while a call, or a
 * loader of modules, holds the process's own thread. A program in the flags, since files come through the loader.
 */
export function watchFlags(bounds: WatchBounds): string[] {
  const program = `
    import { once } from "node:events";
    import { isMainThread, Worker } from "node:worker_threads";
    if (isMainThread) {
      const running = (globalThis[Symbol.for("${RUNNING}")] = new Int32Array(new SharedArrayBuffer(4)));
      const workerData = { running, ...${JSON.stringify(bounds)} };
      const thread = new Worker(${JSON.stringify(WATCH)}, { eval: true, execArgv: [], workerData });
      thread.unref();
      // No thread begins any more once a call holds this one.
      await once(thread, "message");
    }
  `;
  return ["--import", `data:text/javascript,${encodeURIComponent(program)}`];
}

/** Tells the watch that a call runs, or that none does. */
export function setRunning(isRunning: boolean): void {
  const running = (globalThis as Record<symbol, unknown>)[Symbol.for(RUNNING)];
  if (!(running instanceof Int32Array))
    throw new Error("This process was not started with the flags of its watch");
  Atomics.store(running, 0, isRunning ? 1 : 0);
  Atomics.notify(running, 0);
}

const RUNNING = "@zarr-cache/server: a call runs";

/** Looks every 20 ms while a call runs: at a few GB a second, that is what it may take too much. */
const WATCH = `
  const { writeFileSync } = require("node:fs");
  const { parentPort, workerData } = require("node:worker_threads");
  const { running, server, maxMemory, notes } = workerData;
  parentPort.postMessage("awake");
  for (;;) {
    const isRunning = Atomics.load(running, 0);
    const isTooMuch = isRunning === 1 && process.memoryUsage.rss() > maxMemory;
    if (isTooMuch) writeFileSync(notes + "/memory-" + process.pid, "");
    if (isTooMuch || process.ppid !== server) process.kill(process.pid, "SIGKILL");
    Atomics.wait(running, 0, isRunning, isRunning === 1 ? 20 : 1000);
  }
`;
