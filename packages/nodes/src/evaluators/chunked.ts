import type { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { Assembly } from "../cache/assembly.ts";
import { EvaluationError } from "../errors.ts";
import type { EvaluationTask } from "./evaluator.ts";

/** How chunks are evaluated. */
export interface ChunkedOptions {
  /** How many may be under way at a time: 1 unless told. */
  readonly concurrency?: number;
  /** Evaluates one; here unless told. */
  readonly evaluate?: (coordinates: Coordinates) => Promise<UnitsDataArray>;
  /** Called with an answer that was copied to its place, and that nobody needs any more. */
  readonly copied?: (array: UnitsDataArray) => void;
}

/**
 * Evaluates a task chunk by chunk and puts the answers together by label. A chunk that fails is told of and left NaN; where all
 * fail, the first error is that of the whole.
 */
export async function chunked(
  task: EvaluationTask,
  shape: readonly number[],
  { concurrency = 1, evaluate = task.local, copied }: ChunkedOptions = {},
): Promise<UnitsDataArray> {
  const { coordinates, signal } = task;
  if (coordinates.size === 0) return task.local(coordinates);
  const chunks = [...coordinates.chunks(shape)].map((chunk) => chunk.coordinates);
  const assembly = new Assembly(coordinates, { isCovered: true });
  const failures: unknown[] = [];
  let only: UnitsDataArray | undefined;
  let [next, done] = [0, 0];
  const begin = (): Begun | undefined => {
    signal?.throwIfAborted();
    const chunk = chunks[next++];
    return chunk && { chunk, outcome: outcomeOf(async () => evaluate(chunk)) };
  };
  const put = (chunk: Coordinates, { array, error }: Outcome): void => {
    if (array === undefined) {
      failures.push(error);
      assembly.leave(chunk);
      task.failed({ coordinates: chunk, error });
    } else if (chunks.length === 1) only = array;
    else {
      assembly.add(array);
      copied?.(array);
    }
    task.progress({ done: ++done, total: chunks.length });
  };
  const work = async () => {
    for (let begun = begin(); begun !== undefined; ) {
      const { chunk, outcome } = begun;
      const come = await outcome;
      // The next is under way while this one is put in its place.
      begun = begin();
      put(chunk, come);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, chunks.length) }, work));
  const whole = only ?? assembly.whole;
  if (whole === undefined) throw failures[0] ?? new EvaluationError("Nothing was evaluated");
  return whole;
}

/** A chunk that is being evaluated. */
interface Begun {
  readonly chunk: Coordinates;
  readonly outcome: Promise<Outcome>;
}

/** How the evaluation of a chunk ended. */
interface Outcome {
  readonly array?: UnitsDataArray;
  readonly error?: unknown;
}

/** Never rejects, since nobody may be waiting any more. */
function outcomeOf(evaluation: () => Promise<UnitsDataArray>): Promise<Outcome> {
  return evaluation().then(
    (array) => ({ array }),
    (error: unknown) => ({ error }),
  );
}

/** Cuts along the first dimensions until a block has no more points, so that it lies in one piece of the whole. */
export function blockShape(shape: readonly number[], most: number): number[] {
  const size = (block: readonly number[]) => block.reduce((product, length) => product * length, 1);
  const block = shape.map((length) => Math.max(1, length));
  for (let at = 0; at < block.length && size(block) > most; at++) {
    const rest = size(block) / (block[at] as number);
    block[at] = Math.max(1, Math.floor(most / rest));
  }
  return block;
}
