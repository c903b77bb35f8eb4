import { rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Tinypool } from "tinypool";
import { ClosedError } from "zarr-cache";
import type { FunctionArguments } from "./cached-items.ts";
import { CallCourse } from "./call-course.ts";
import { FunctionError } from "./function-error.ts";
import { ItemDesk, type ItemPlace } from "./item-desk.ts";
import { ItemFiles } from "./item-files.ts";
import type { Said, Task } from "./messages.ts";
import { memoryNote, watchFlags } from "./process-watch.ts";

/** Bounds of a pool. */
export interface FunctionPoolOptions {
  /** Calls that run at the same time, each in a process of its own. */
  readonly processes: number;
  /** Bytes that a process may take, Node itself included. */
  readonly memory: number;
  /** Calls that wait for a process; more are refused. */
  readonly queue: number;
  /** Largest result, in characters of JSON. */
  readonly maxResult: number;
  /** Bytes of items that are kept as files for the next call. */
  readonly itemBytes: number;
  /** Variables of the environment that functions see. */
  readonly env: Readonly<Record<string, string>>;
}

/** A call of a function. */
export interface Call {
  readonly name: string;
  /** URL of the module. */
  readonly module: string;
  readonly args: FunctionArguments;
  /** Milliseconds that it may take, from when a process has begun with it. */
  readonly timeout: number;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Processes that run functions, one call at a time each. A call that hangs, crashes, takes too much memory or is no longer
 * wanted ends with its process; no other call notices, and another process takes its place.
 */
export class FunctionPool {
  readonly #place: ItemPlace;
  readonly #options: FunctionPoolOptions;
  readonly #files: ItemFiles;
  #pool: Tinypool | undefined;
  #closed = false;

  constructor(place: ItemPlace, options: FunctionPoolOptions) {
    this.#place = place;
    this.#options = options;
    this.#files = new ItemFiles(options.itemBytes);
  }

  /** Files of items that were written so far. */
  get itemFilesWritten(): number {
    return this.#files.written;
  }

  /** The result of a call, as JSON. Rejects with `FunctionError`, or with the reason of the signal. */
  async run(call: Call): Promise<string> {
    if (this.#closed) throw new ClosedError("The pool of functions");
    const notes = await this.#files.directory();
    call.signal?.throwIfAborted();
    const { maxResult, memory } = this.#options;
    const { name, module, args } = call;
    const task: Task = { name, module, args, maxResult, maxMemory: memory };
    const desk = new ItemDesk(this.#place, this.#files);
    const course = new CallCourse(desk, call.timeout);
    const abort = () => course.end();
    call.signal?.addEventListener("abort", abort, { once: true });
    try {
      await this.#processes(notes).run(task, { channel: course.channel, signal: course.signal });
    } catch (error) {
      // A process may end once it has answered.
      if (course.outcome === undefined) {
        this.#replaceIfBroken();
        call.signal?.throwIfAborted();
        throw await failure(call, error, course, notes);
      }
    } finally {
      call.signal?.removeEventListener("abort", abort);
      course.close();
      desk.close();
    }
    return resultOf(name, course.outcome, maxResult);
  }

  /** Ends all calls and processes. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pool?.destroy();
    this.#pool = undefined;
    await this.#files.close();
  }

  #processes(notes: string): Tinypool {
    if (this.#pool !== undefined) return this.#pool;
    const { processes, queue, memory, env } = this.#options;
    const pool = new Tinypool({
      runtime: "child_process",
      filename: new URL(`./function-process${EXTENSION}`, import.meta.url).href,
      // As many at least as at most: whoever waits for a process gets the one in the place of one that ended.
      minThreads: processes,
      maxThreads: processes,
      maxQueue: queue,
      execArgv: [
        `--max-old-space-size=${Math.ceil(memory / 2 ** 20)}`,
        ...watchFlags({ server: process.pid, maxMemory: memory, notes }),
        ...flagsForSource(),
      ],
      env: { ...env },
    });
    // A process ended while it had nothing to do.
    pool.on("error", () => this.#replaceIfBroken());
    this.#pool = pool;
    return pool;
  }

  /** Where no process could even begin, the pool makes no more: the next call makes another pool. */
  #replaceIfBroken(): void {
    const pool = this.#pool;
    if (pool === undefined || pool.threads.length > 0) return;
    this.#pool = undefined;
    pool.destroy().catch(() => {});
  }
}

function resultOf(name: string, said: Said | undefined, maxResult: number): string {
  if (said?.said === "result") return said.json;
  if (said?.said === "too-large")
    throw new FunctionError(
      "FunctionResultTooLarge",
      name,
      `gave ${said.length} characters of JSON, more than the ${maxResult} allowed`,
    );
  if (said?.said !== "failed") throw new FunctionError("FunctionCrashed", name, "ended without a result");
  if (said.status === undefined) throw new FunctionError("FunctionFailed", name, `failed: ${said.message}`);
  throw new FunctionError("FunctionRefused", name, `refused: ${said.message}`, said.status);
}

async function failure(
  { name, timeout }: Call,
  error: unknown,
  { isTimedOut, pid }: CallCourse,
  notes: string,
): Promise<FunctionError> {
  if (isTimedOut)
    return new FunctionError("FunctionTimedOut", name, `took more than ${timeout} ms and was ended`);
  if (pid !== undefined && (await removed(join(notes, memoryNote(pid)))))
    return new FunctionError("FunctionOutOfMemory", name, "took more memory than it may and was ended");
  if (error instanceof Error && error.message === "Task queue is at limit")
    return new FunctionError("TooManyFunctions", name, "has to wait, as too many calls already do");
  return new FunctionError("FunctionCrashed", name, "ended its process before it had a result");
}

/** Removes a file; whether it was there. */
async function removed(file: string): Promise<boolean> {
  return rm(file).then(
    () => true,
    () => false,
  );
}

/** The programs of the processes are beside this file, and of its kind. */
const EXTENSION = import.meta.url.endsWith(".ts") ? ".ts" : ".js";

/** What Node needs to run them where they have not been built. */
function flagsForSource(): string[] {
  if (EXTENSION === ".js") return [];
  const loader = createRequire(fileURLToPath(import.meta.url)).resolve("tsx");
  return ["--conditions=@zarr-cache/source", "--import", pathToFileURL(loader).href];
}
