import { availableParallelism } from "node:os";
import { type Coordinates, InvalidArgumentError, type UnitsDataArray } from "@zarr-cache/arrays";
import { EvaluationError } from "../../errors.ts";
import { checkOptions } from "../check-options.ts";
import { blockShape, chunked } from "../chunked.ts";
import type { EvaluationTask, Evaluator } from "../evaluator.ts";
import { fromMessage } from "./array-message.ts";
import { EvaluationWorker } from "./evaluation-worker.ts";
import type { WorkerKind } from "./worker-channel.ts";

/** How workers are used. */
export interface ParallelOptions {
  /** How many: as many as the machine runs at once unless told. */
  readonly workers?: number;
  /** Threads unless told. Processes share nothing, so that one that dies takes nothing with it, and their results are copied. */
  readonly kind?: WorkerKind;
  /** Points of a chunk at most: 262 144 unless told. */
  readonly chunkPoints?: number;
  /** The file of a worker, which calls `serveEvaluations` with types and resources; unless told one that knows only those of this package. */
  readonly worker?: URL | string;
}

/** An evaluator in workers. They are started when they are needed, and do not keep the process alive. */
export interface ParallelEvaluator extends Evaluator, AsyncDisposable {
  /** Ends all workers; what is under way fails. */
  close(): Promise<void>;
}

const OPTIONS = ["workers", "chunkPoints", "kind", "worker"];

/**
 * Evaluates chunks in threads or processes, a chunk a worker at a time. A chunk that fails is reported, and left NaN; a worker that
 * dies fails its chunk, and is replaced.
 */
export function parallel(options: ParallelOptions = {}): ParallelEvaluator {
  const { workers = availableParallelism(), chunkPoints = 2 ** 18, kind = "thread" } = options;
  checkOptions(options, OPTIONS, { workers, chunkPoints });
  if (kind !== "thread" && kind !== "process")
    throw new InvalidArgumentError("kind", kind, "thread, process");
  const { worker } = options;
  const idle: EvaluationWorker[] = [];
  const all = new Set<EvaluationWorker>();
  const queue: ((free: EvaluationWorker) => void)[] = [];
  /** Memory of answers that were copied to their place, for the next ones: what is used again is no garbage. */
  const spares: ArrayBuffer[] = [];
  let [closed, jobs] = [false, 0];

  const start = (): EvaluationWorker => {
    const started = new EvaluationWorker(kind, worker);
    all.add(started);
    return started;
  };
  const take = (): Promise<EvaluationWorker> | EvaluationWorker => {
    if (closed) throw new EvaluationError("The evaluator is closed");
    const free = idle.pop();
    if (free) return free;
    return all.size >= workers ? new Promise((resolve) => queue.push(resolve)) : start();
  };
  const give = (used: EvaluationWorker): void => {
    const next = queue.shift();
    if (used.isAlive && !next) idle.push(used);
    else if (used.isAlive) next?.(used);
    else {
      all.delete(used);
      if (next && !closed) next(start());
    }
  };
  const evaluateChunk = async (
    { definition, params, cache }: Pick<EvaluationTask, "definition" | "params" | "cache">,
    coordinates: Coordinates,
    signal: AbortSignal | undefined,
  ): Promise<UnitsDataArray> => {
    const taken = take();
    // One that is free begins in this turn of the event loop.
    const free = taken instanceof EvaluationWorker ? taken : await taken;
    try {
      const job = { id: jobs++, definition, coordinates: coordinates.definition, params, cache };
      const spare = spares.pop();
      return fromMessage(await free.run(spare ? { ...job, spare } : job, signal));
    } finally {
      give(free);
    }
  };
  const spared = (array: UnitsDataArray): void => {
    const { buffer } = array.toTypedArray();
    if (spares.length < workers && buffer instanceof ArrayBuffer) spares.push(buffer);
  };
  const close = async (): Promise<void> => {
    closed = true;
    spares.length = 0;
    await Promise.all([...all].map((each) => each.close()));
  };
  return {
    evaluate(task) {
      const { definition, params, cache, signal } = task;
      return chunked(task, chunkShape(task.coordinates.shape, chunkPoints, workers), {
        concurrency: workers,
        evaluate: (coordinates) => evaluateChunk({ definition, params, cache }, coordinates, signal),
        ...(kind === "thread" && { copied: spared }),
      });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Chunks small enough, and at least two for each worker where there are that many points. */
function chunkShape(shape: readonly number[], points: number, workers: number): number[] {
  const size = shape.reduce((product, length) => product * length, 1);
  return blockShape(shape, Math.min(points, Math.max(1, Math.ceil(size / (2 * workers)))));
}
