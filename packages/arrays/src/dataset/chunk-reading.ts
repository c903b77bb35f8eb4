import { assertKnown, DatasetError, InvalidArgumentError } from "../errors.ts";
import { type ChunkTask, chunkTasks, countChunks, type Segment } from "./chunk-plan.ts";
import type { ChunkedArray, RawChunk } from "./chunk-source.ts";
import { READS_AT_A_TIME, runBounded } from "./concurrency.ts";

/** How chunks are read. */
export interface LoadOptions {
  /** Ends the reads; the promise rejects with its reason. */
  readonly signal?: AbortSignal;
  /** How many chunks may be under way at a time: 16 unless told. */
  readonly concurrency?: number;
  /** Called after each chunk. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/**
 * Reads the chunks of a plan, a few at a time, and hands each to `use` as it comes. An error names the array and the
 * chunk; `order` tells which dimension goes slowest.
 */
export async function readChunks(
  source: { readonly path: string; readonly array: ChunkedArray },
  segments: readonly (readonly Segment[])[],
  options: LoadOptions,
  use: (task: ChunkTask, chunk: RawChunk) => void,
  order?: readonly number[],
): Promise<void> {
  assertKnown("options", options, ["signal", "concurrency", "onProgress"]);
  const { signal, concurrency = READS_AT_A_TIME, onProgress } = options;
  if (!Number.isSafeInteger(concurrency) || concurrency < 1)
    throw new InvalidArgumentError("concurrency", concurrency, "a whole number ≥ 1");
  const total = countChunks(segments);
  let done = 0;
  const tasks = chunkTasks(segments, order);
  await runBounded(tasks, Math.min(concurrency, Math.max(1, total)), signal, async (task, own) => {
    use(task, await readChunk(source, task.chunk, own));
    done += 1;
    onProgress?.({ done, total });
  });
}

async function readChunk(
  { path, array }: { readonly path: string; readonly array: ChunkedArray },
  at: readonly number[],
  signal: AbortSignal,
): Promise<RawChunk> {
  try {
    const chunk = await array.getChunk([...at], { signal });
    signal.throwIfAborted();
    return chunk;
  } catch (error) {
    if (signal.aborted) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new DatasetError(`Array ${path}: chunk ${at.join(", ")} cannot be read: ${reason}`, {
      cause: error,
    });
  }
}
