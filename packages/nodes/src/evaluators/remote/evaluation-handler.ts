import { Coordinates, isArraysError } from "@zarr-cache/arrays";
import { encodeResult } from "../../cache/result-codec.ts";
import type { NodeRegistry } from "../../definition/registry.ts";
import { isNodesError } from "../../errors.ts";
import type { Environment } from "../../node/environment.ts";
import { Node } from "../../node/node.ts";
import { type Allowed, permission } from "../allowed.ts";
import { pointsAsked } from "../points-asked.ts";
import { type EvaluationRequest, RESULT_TYPE } from "./evaluation-request.ts";

/** What a server evaluates. */
export interface EvaluationHandlerOptions {
  /** Types and resources. */
  readonly registry: NodeRegistry;
  /** The hashes of pipelines that may be evaluated, or a function that says so. Nothing is allowed by default. */
  readonly allow: Allowed;
  /** What pipelines work with, such as a cache. */
  readonly environment?: Environment;
  /** Bytes of a request at most: 4 MB unless told. */
  readonly maxRequestBytes?: number;
  /** Points of an evaluation at most: 4 194 304 unless told. */
  readonly maxPoints?: number;
  /** Milliseconds that an evaluation may take: 5 minutes unless told. */
  readonly timeout?: number;
  /** Answers an evaluation that failed by itself: a 500 with its message unless told. */
  readonly failed?: (error: unknown, request: Request) => Response;
}

/**
 * Answers evaluations that `remote` asks for: a function from `Request` to `Response`. A pipeline whose hash is not allowed is a 403,
 * what is wrong with a request a 400, an evaluation that fails a 500 and one that takes too long a 504, each as a problem
 * document (RFC 9457). It ends when its client leaves.
 */
export function evaluationHandler(
  options: EvaluationHandlerOptions,
): (request: Request) => Promise<Response> {
  const { registry, allow, environment = {}, maxRequestBytes = 4e6, maxPoints = 2 ** 22 } = options;
  const { timeout = 300_000, failed = failure } = options;
  const isAllowed = permission(allow);

  return async (request) => {
    if (request.method !== "POST") return problem(405, "Evaluations are posted", { allow: "POST" });
    const body = await bodyOf(request, maxRequestBytes);
    if (body === undefined) return problem(413, `A request has at most ${maxRequestBytes} bytes`);
    const deadline = AbortSignal.timeout(timeout);
    try {
      const { definition, coordinates, params, cache } = parsed(body);
      const node = Node.fromDefinition(definition, registry);
      if (!(await isAllowed(node.hash))) return problem(403, `The pipeline ${node.hash} is not allowed here`);
      const points = pointsAsked(coordinates);
      if (points > maxPoints)
        return problem(413, `An evaluation has at most ${maxPoints} points, not ${points}`);
      const asked = Coordinates.fromDefinition(coordinates);
      const result = await node.using(environment).eval(asked, {
        params,
        cache,
        signal: AbortSignal.any([request.signal, deadline]),
      });
      return new Response(encodeResult(result.with({ attrs: {} })), {
        headers: { "content-type": RESULT_TYPE },
      });
    } catch (error) {
      if (request.signal.aborted) return new Response(null, { status: 499 });
      if (deadline.aborted) return problem(504, `The evaluation took longer than ${timeout} ms`);
      return isTheirs(error) ? problem(400, (error as Error).message) : failed(error, request);
    }
  };
}

/** Whether the request is what is wrong. */
function isTheirs(error: unknown): boolean {
  return (
    isArraysError(error) ||
    isNodesError(error, "DefinitionError", "ParameterError") ||
    error instanceof SyntaxError
  );
}

function failure(error: unknown): Response {
  return problem(500, error instanceof Error ? error.message : String(error));
}

/** A request whose members are objects; what is in them is checked by whoever reads it. */
function parsed(body: string): Required<EvaluationRequest> {
  const { definition, coordinates, params = {}, cache = "use" } = Object(JSON.parse(body));
  for (const each of [definition, coordinates, params])
    if (typeof each !== "object" || each === null)
      throw new SyntaxError("A request has definition, coordinates and perhaps params, each an object");
  return { definition, coordinates, params, cache };
}

/** The body, or undefined where it is too long. */
async function bodyOf(request: Request, most: number): Promise<string | undefined> {
  if (Number(request.headers.get("content-length") ?? 0) > most) return undefined;
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request.body ?? []) {
    size += part.byteLength;
    if (size > most) return undefined;
    parts.push(part);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return new TextDecoder().decode(whole);
}

function problem(status: number, detail: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify({ type: "about:blank", status, detail }), {
    status,
    headers: { ...headers, "content-type": "application/problem+json" },
  });
}
