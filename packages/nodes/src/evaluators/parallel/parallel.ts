import { availableParallelism } from "node:os";
import type { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { EvaluationError } from "../../errors.ts";
import { checkOptions } from "../check-options.ts";
import { blockShape, chunked } from "../chunked.ts";
import type { EvaluationTask, Evaluator } from "../evaluator.ts";
import { fromMessage } from "./array-message.ts";
import { Thread } from "./thread.ts";

/** How threads are used. */
export interface ParallelOptions {
  /** How many threads: as many as the machine runs at once unless told. */
  readonly workers?: number;
  /** Points of a chunk at most: 262 144 unless told. */
  readonly chunkPoints?: number;
  /** The file of a thread, which calls `serveEvaluations` with types and resources; unless told one that knows only those of this package. */
  readonly worker?: URL | string;
}

/** An evaluator in worker threads. Threads are started when they are needed, and do not keep the process alive. */
export interface ParallelEvaluator extends Evaluator, AsyncDisposable {
  /** Ends all threads; what is under way fails. */
  close(): Promise<void>;
}

const OPTIONS = ["workers", "chunkPoints", "worker"];

/**
 * Evaluates chunks in worker threads, a chunk a thread at a time. A chunk that fails is reported, and left NaN; a thread that dies
 * fails its chunk, and is replaced.
 */
export function parallel(options: ParallelOptions = {}): ParallelEvaluator {
  const { workers = availableParallelism(), chunkPoints = 2 ** 18 } = options;
  checkOptions(options, OPTIONS, { workers, chunkPoints });
  const { worker } = options;
  const idle: Thread[] = [];
  const all = new Set<Thread>();
  const queue: ((thread: Thread) => void)[] = [];
  let [closed, jobs] = [false, 0];

  const take = (): Promise<Thread> | Thread => {
    if (closed) throw new EvaluationError("The evaluator is closed");
    const free = idle.pop();
    if (free) return free;
    if (all.size >= workers) return new Promise((resolve) => queue.push(resolve));
    const thread = new Thread(worker);
    all.add(thread);
    return thread;
  };
  const give = (thread: Thread): void => {
    const next = queue.shift();
    if (thread.isAlive && !next) idle.push(thread);
    else if (thread.isAlive) next?.(thread);
    else {
      all.delete(thread);
      if (!next || closed) return;
      const fresh = new Thread(worker);
      all.add(fresh);
      next(fresh);
    }
  };
  const evaluateChunk = async (
    { definition, params, cache }: Pick<EvaluationTask, "definition" | "params" | "cache">,
    coordinates: Coordinates,
    signal: AbortSignal | undefined,
  ): Promise<UnitsDataArray> => {
    const taken = take();
    // A thread that is free begins in this turn of the event loop.
    const thread = taken instanceof Thread ? taken : await taken;
    try {
      const job = { id: jobs++, definition, coordinates: coordinates.definition, params, cache };
      return fromMessage(await thread.run(job, signal));
    } finally {
      give(thread);
    }
  };
  const close = async (): Promise<void> => {
    closed = true;
    await Promise.all([...all].map((thread) => thread.close()));
  };
  return {
    evaluate(task) {
      const { definition, params, cache, signal } = task;
      return chunked(task, chunkShape(task.coordinates.shape, chunkPoints, workers), {
        concurrency: workers,
        evaluate: (coordinates) => evaluateChunk({ definition, params, cache }, coordinates, signal),
      });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Chunks small enough, and at least two for each thread where there are that many points. */
function chunkShape(shape: readonly number[], points: number, workers: number): number[] {
  const size = shape.reduce((product, length) => product * length, 1);
  return blockShape(shape, Math.min(points, Math.max(1, Math.ceil(size / (2 * workers)))));
}
