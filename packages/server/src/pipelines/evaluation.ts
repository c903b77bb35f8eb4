import type { ChunkCache } from "zarr-cache/node";
import type { EvaluateConfig } from "../config/pipelines-section.ts";
import { answerFailure } from "../http/failure.ts";
import { problem } from "../http/problem.ts";
import type { Log } from "../log.ts";
import type { OpenedRegistry } from "./open-registry.ts";
import { TooManyWaitError, Turns } from "./turns.ts";

/** Answers a request for an evaluation. */
export type Evaluation = (request: Request) => Promise<Response>;

/** What evaluations work with. */
export interface EvaluationSurroundings extends OpenedRegistry {
  readonly cache: ChunkCache;
  readonly log: Log;
  /** Hashes of the pipelines that are served. */
  readonly served: Iterable<string>;
}

/**
 * Makes the evaluation of pipelines for clients ready, each stage of them kept in the cache. What a client need not know of a
 * failure goes to the log alone.
 */
export async function openEvaluation(
  config: EvaluateConfig,
  { registry, version, cache, log, served }: EvaluationSurroundings,
): Promise<Evaluation> {
  const { evaluationHandler } = await import("@zarr-cache/nodes/remote");
  const { allow, maxPoints, maxBodyBytes, timeout, queue } = config;
  const turns = new Turns(config);
  const evaluate = evaluationHandler({
    registry,
    allow: [...served, ...allow],
    // Results of other modules have another name in the cache.
    environment: { cache, storeId: version === "" ? "nodes" : `nodes-${version.slice(0, 16)}` },
    maxRequestBytes: maxBodyBytes,
    maxPoints,
    timeout,
    failed: (error, request) => answerFailure(error, request, log),
  });
  return async (request) => {
    try {
      return await turns.run(() => evaluate(request), request.signal);
    } catch (error) {
      if (error instanceof TooManyWaitError)
        return problem(503, `The queue is full (${queue} waiting); try again.`, { "Retry-After": "5" });
      return answerFailure(error, request, log);
    }
  };
}
