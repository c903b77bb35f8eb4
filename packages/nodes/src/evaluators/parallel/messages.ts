import type { CoordinatesDefinition } from "@zarr-cache/arrays";
import type { PipelineDefinition } from "../../definition/pipeline-definition.ts";
import type { Params } from "../evaluator.ts";

/** What a worker is told: what to evaluate, by a number, or to end that. */
export type ToWorker =
  | {
      readonly id: number;
      readonly definition: PipelineDefinition;
      readonly coordinates: CoordinatesDefinition;
      readonly params: Params;
    }
  | { readonly id: number; readonly abort: true };

/** What a worker answers: the result as it would be kept, or an error. */
export type FromWorker =
  | { readonly id: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string } };
