import { InvalidArgumentError, type UnitsDataArray } from "@zarr-cache/arrays";
import type { ChunkFailure, EvaluationProgress, Evaluator, Params } from "../evaluators/evaluator.ts";
import { show } from "./attribute.ts";

/** How cached results are used: as they are, not at all, or computed anew and replaced. */
export type CacheUse = "use" | "bypass" | "refresh";

/** How a node is evaluated. */
export interface EvalOptions {
  /** An array of the coordinates to fill in place, as `createOutputArray` makes it. */
  readonly output?: UnitsDataArray;
  /** `serial` unless told. */
  readonly method?: "serial" | "parallel" | "remote" | "queue" | Evaluator;
  /** Values of parameters, by address of the node and name. */
  readonly params?: Params;
  /** Ends the evaluation; the promise rejects with its reason. */
  readonly signal?: AbortSignal;
  /** `use` unless told. */
  readonly cache?: CacheUse;
  readonly onProgress?: (progress: EvaluationProgress) => void;
  /** Called for each chunk that failed; it is NaN in the answer. */
  readonly onFailure?: (failure: ChunkFailure) => void;
}

const OPTIONS = ["output", "method", "params", "signal", "cache", "onProgress", "onFailure"];
const METHODS = ["serial", "parallel", "remote", "queue"];

/** Throws for options that are unknown or impossible. */
export function checkEvalOptions(options: EvalOptions): void {
  for (const name of Object.keys(options))
    if (!OPTIONS.includes(name))
      throw new InvalidArgumentError(`options.${name}`, Reflect.get(options, name), OPTIONS.join(", "));
  const { cache = "use", method = "serial" } = options;
  if (!["use", "bypass", "refresh"].includes(cache))
    throw new InvalidArgumentError("cache", cache, "use, bypass, refresh");
  const isMethod =
    typeof method === "string" ? METHODS.includes(method) : typeof method?.evaluate === "function";
  if (!isMethod)
    throw new InvalidArgumentError("method", show(method), `${METHODS.join(", ")}, or an evaluator`);
}
