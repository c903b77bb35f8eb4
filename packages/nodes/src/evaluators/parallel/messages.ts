import type { CoordinatesDefinition } from "@zarr-cache/arrays";
import type { PipelineDefinition } from "../../definition/pipeline-definition.ts";
import type { CacheUse } from "../../node/eval-options.ts";
import type { Params } from "../evaluator.ts";
import type { ArrayMessage } from "./array-message.ts";

/** What a worker is told: what to evaluate, by a number, or to end that. */
export type ToWorker =
  | {
      readonly id: number;
      /** Absent where it is the one that was sent last. */
      readonly definition?: PipelineDefinition;
      readonly coordinates: CoordinatesDefinition;
      readonly params: Params;
      readonly cache: CacheUse;
      /** Memory for the values, handed over. */
      readonly spare?: ArrayBuffer;
    }
  | { readonly id: number; readonly abort: true };

/** What a worker answers: the result, or an error. */
export type FromWorker =
  | { readonly id: number; readonly array: ArrayMessage }
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string } };
