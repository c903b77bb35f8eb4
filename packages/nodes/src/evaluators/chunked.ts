import type { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { assembled } from "../cache/cached-values.ts";
import { EvaluationError } from "../errors.ts";
import type { EvaluationTask } from "./evaluator.ts";

/** How chunks are evaluated. */
export interface ChunkedOptions {
  /** How many may be under way at a time: 1 unless told. */
  readonly concurrency?: number;
  /** Evaluates one; here unless told. */
  readonly evaluate?: (coordinates: Coordinates) => Promise<UnitsDataArray>;
}

/**
 * Evaluates a task chunk by chunk and puts the answers together by label. A chunk that fails is told of and left NaN; where all
 * fail, the first error is that of the whole.
 */
export async function chunked(
  task: EvaluationTask,
  shape: readonly number[],
  { concurrency = 1, evaluate = task.local }: ChunkedOptions = {},
): Promise<UnitsDataArray> {
  const { coordinates, signal } = task;
  if (coordinates.size === 0) return task.local(coordinates);
  const chunks = [...coordinates.chunks(shape)];
  const pieces = new Array<UnitsDataArray | undefined>(chunks.length);
  const failures: unknown[] = [];
  let [next, done] = [0, 0];
  const work = async () => {
    for (let at = next++; at < chunks.length; at = next++) {
      signal?.throwIfAborted();
      const chunk = (chunks[at] as (typeof chunks)[number]).coordinates;
      try {
        pieces[at] = await evaluate(chunk);
      } catch (error) {
        signal?.throwIfAborted();
        failures.push(error);
        task.failed({ coordinates: chunk, error });
      }
      task.progress({ done: ++done, total: chunks.length });
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, chunks.length) }, work));
  const there = pieces.filter((piece) => piece !== undefined);
  if (there.length === 0) throw failures[0] ?? new EvaluationError("Nothing was evaluated");
  return chunks.length === 1 ? (there[0] as UnitsDataArray) : assembled(coordinates, there);
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
