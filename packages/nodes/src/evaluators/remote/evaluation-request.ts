import type { CoordinatesDefinition } from "@zarr-cache/arrays";
import type { PipelineDefinition } from "../../definition/pipeline-definition.ts";
import type { CacheUse } from "../../node/eval-options.ts";
import type { Params } from "../evaluator.ts";

/** What a server is asked to evaluate, as JSON. The answer is bytes, as results are kept. */
export interface EvaluationRequest {
  readonly definition: PipelineDefinition;
  readonly coordinates: CoordinatesDefinition;
  readonly params: Params;
  /** How results that the server has cached are used: `use` unless told. */
  readonly cache?: CacheUse;
}

/** The type of the answer. */
export const RESULT_TYPE = "application/vnd.zarr-cache.result";
