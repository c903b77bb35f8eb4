import { EvaluationError } from "../../errors.ts";
import { checkOptions } from "../check-options.ts";
import { blockShape, chunked } from "../chunked.ts";
import type { Evaluator } from "../evaluator.ts";
import { QueueLine } from "./queue-line.ts";
import { checkLocation, type QueueLocation } from "./queue-location.ts";
import { QueuedEvaluation } from "./queued-evaluation.ts";

/** How a queue is used. */
export interface QueueOptions extends QueueLocation {
  /** Points of a chunk at most: 262 144 unless told. */
  readonly chunkPoints?: number;
  /** Chunks in the queue at a time: 64 unless told. */
  readonly concurrency?: number;
  /** Milliseconds without any worker, or without Redis, after which an evaluation fails: 30 seconds unless told. */
  readonly patience?: number;
}

/** An evaluator through a queue. It is connected from its first evaluation until it is closed. */
export interface QueueEvaluator extends Evaluator, AsyncDisposable {
  /** Ends the connection; what is under way fails. */
  close(): Promise<void>;
}

const OPTIONS = ["redis", "queue", "chunkPoints", "concurrency", "patience"];

/**
 * Spreads the chunks of an evaluation over workers on any machines through BullMQ on Redis. Workers keep their results in the cache
 * that the node has as well, and they are read from there; so a chunk that is kept already costs no job. Of evaluations of
 * the same chunk at the same time one is made. What a worker had begun when it died is given to another. A chunk that fails is
 * reported and left NaN. What the cache has not taken is evaluated here.
 */
export function queue(options: QueueOptions): QueueEvaluator {
  const { chunkPoints = 2 ** 18, concurrency = 64, patience = 30_000 } = options;
  checkOptions(options, OPTIONS, { chunkPoints, concurrency, patience });
  checkLocation(options);
  let opening: Promise<QueueLine> | undefined;
  let isClosed = false;
  const line = (): Promise<QueueLine> => {
    if (isClosed) throw new EvaluationError("The evaluator is closed");
    opening ??= QueueLine.open(options, patience).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  const close = async () => {
    isClosed = true;
    await (await opening?.catch(() => undefined))?.close();
  };
  return {
    keeps: true,
    async evaluate(task) {
      const evaluation = await QueuedEvaluation.of(task, line);
      const whole = await evaluation.known(task.coordinates);
      if (whole) {
        task.progress({ done: 1, total: 1 });
        return whole;
      }
      try {
        return await chunked(task, blockShape(task.coordinates.shape, chunkPoints), {
          concurrency,
          evaluate: (chunk) => evaluation.evaluate(chunk),
        });
      } finally {
        await evaluation.end();
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
