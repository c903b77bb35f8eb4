import type { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import type { PipelineDefinition } from "../definition/pipeline-definition.ts";
import type { CacheUse } from "../node/eval-options.ts";
import type { Node } from "../node/node.ts";

/** A way to evaluate: here, in threads, on another machine. The result is the same everywhere. */
export interface Evaluator {
  /** Evaluates a task. An abort of its signal ends it; the promise rejects with the reason. */
  evaluate(task: EvaluationTask): Promise<UnitsDataArray>;
  /** Whether it goes through the cache itself, chunk by chunk; it is then given the whole of a request, not what the cache lacks. */
  readonly keeps?: boolean;
}

/** What an evaluator is given. */
export interface EvaluationTask {
  /** What is evaluated, with its environment. */
  readonly node: Node;
  /** The pipeline as JSON, for those who evaluate it elsewhere. */
  readonly definition: PipelineDefinition;
  readonly coordinates: Coordinates;
  /** By address of the node. */
  readonly params: Params;
  /** How cached results are to be used. */
  readonly cache: CacheUse;
  readonly signal: AbortSignal | undefined;
  /** Evaluates coordinates here, through the cache. */
  local(coordinates: Coordinates): Promise<UnitsDataArray>;
  /** Called after each chunk. */
  progress(progress: EvaluationProgress): void;
  /** Called for a chunk that failed and is NaN in the answer. */
  failed(failure: ChunkFailure): void;
}

/** Values of parameters, by address of the node and name. */
export type Params = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** How far an evaluation is, in chunks. */
export interface EvaluationProgress {
  readonly done: number;
  readonly total: number;
}

/** A chunk that could not be evaluated. */
export interface ChunkFailure {
  readonly coordinates: Coordinates;
  readonly error: unknown;
}

/** Evaluates everything here, at once. */
export const serial: Evaluator = {
  async evaluate({ coordinates, local, progress }) {
    const result = await local(coordinates);
    progress({ done: 1, total: 1 });
    return result;
  },
};
