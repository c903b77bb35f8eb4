import { type Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { decodeResult } from "../../cache/result-codec.ts";
import { EvaluationError } from "../../errors.ts";
import { checkOptions } from "../check-options.ts";
import { blockShape, chunked } from "../chunked.ts";
import type { EvaluationTask, Evaluator } from "../evaluator.ts";
import { type EvaluationRequest, RESULT_TYPE } from "./evaluation-request.ts";

/** How a server is asked. */
export interface RemoteOptions {
  /** Where evaluations are posted to, such as `http://127.0.0.1:8080/api/v1/evaluate`. */
  readonly url: string | URL;
  /** Sent with each request, such as `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Points of a chunk at most: 1 048 576 unless told. */
  readonly chunkPoints?: number;
  /** Requests under way at a time: 4 unless told. */
  readonly concurrency?: number;
  /** Milliseconds that one request may take: 5 minutes unless told. */
  readonly timeout?: number;
  /** `globalThis.fetch` unless told. */
  readonly fetch?: typeof fetch;
}

const OPTIONS = ["url", "headers", "chunkPoints", "concurrency", "timeout", "fetch"];

/**
 * Evaluates on a server that has `evaluationHandler` mounted and allows the pipeline, chunk by chunk. A chunk that fails is reported,
 * and left NaN.
 */
export function remote(options: RemoteOptions): Evaluator {
  const { chunkPoints = 2 ** 20, concurrency = 4, timeout = 300_000 } = options;
  checkOptions(options, OPTIONS, { chunkPoints, concurrency, timeout });
  const url = new URL(options.url);
  return {
    evaluate(task) {
      const { definition, params, cache, coordinates, signal } = task;
      const ask = (chunk: Coordinates) =>
        askServer(url, options, { definition, params, cache }, chunk, timeout, signal);
      return chunked(task, blockShape(coordinates.shape, chunkPoints), { concurrency, evaluate: ask });
    },
  };
}

async function askServer(
  url: URL,
  { headers = {}, fetch = globalThis.fetch }: RemoteOptions,
  { definition, params, cache }: Pick<EvaluationTask, "definition" | "params" | "cache">,
  coordinates: Coordinates,
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<UnitsDataArray> {
  const request: EvaluationRequest = { definition, coordinates: coordinates.definition, params, cache };
  const deadline = AbortSignal.timeout(timeout);
  const answer = await fetch(url, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json", accept: RESULT_TYPE },
    body: JSON.stringify(request),
    redirect: "error",
    signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
  });
  if (!answer.ok) {
    const text = (await answer.text()).slice(0, 500);
    throw new EvaluationError(`${url.origin} answered ${answer.status}: ${messageIn(text)}`);
  }
  const { value } = decodeResult(new Uint8Array(await answer.arrayBuffer()));
  if (!(value instanceof UnitsDataArray))
    throw new EvaluationError(`${url.origin} answered with something else than an array`);
  return value;
}

/** What a problem document (RFC 9457) says, or else the text. */
function messageIn(text: string): string {
  try {
    const { detail } = JSON.parse(text);
    return typeof detail === "string" ? detail : text;
  } catch {
    return text;
  }
}
