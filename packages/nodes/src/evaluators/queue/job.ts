import type { CoordinatesDefinition } from "@zarr-cache/arrays";
import type { PipelineDefinition } from "../../definition/pipeline-definition.ts";
import type { CacheUse } from "../../node/eval-options.ts";
import type { Params } from "../evaluator.ts";

/** The format of what evaluators and workers tell each other; those of another are refused. */
export const JOB_FORMAT = 1;

/** What is the same for all chunks of an evaluation. It is in Redis as long as whoever asks renews it. */
export interface EvaluationRecord {
  readonly definition: PipelineDefinition;
  readonly params: Params;
  readonly cache: CacheUse;
  /** The store id that results are kept under. */
  readonly storeId: string;
  /** The hash of the settings that results follow from. */
  readonly settings: string;
}

/** One chunk of an evaluation. */
export interface Job {
  readonly format: typeof JOB_FORMAT;
  /** The id of the evaluation's record. */
  readonly evaluation: string;
  readonly coordinates: CoordinatesDefinition;
}

/** What a worker answers, unless the chunk failed. */
export type JobAnswer =
  /** The values are in the shared cache, for this evaluation alone where they are `lent`. */
  | { readonly state: "kept"; readonly key: `/${string}`; readonly lent?: true }
  /** They were computed, and the cache did not take them. */
  | { readonly state: "unkept" }
  /** Nobody asks for them any more. */
  | { readonly state: "unwanted" }
  /** The worker does not evaluate this pipeline; no other chunk of it will fare better. */
  | { readonly state: "refused"; readonly reason: string };
