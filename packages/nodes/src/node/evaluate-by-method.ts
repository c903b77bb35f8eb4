import type { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import type { ComputedValues } from "../cache/cached-values.ts";
import type { EvaluationProgress } from "../evaluators/evaluator.ts";
import { evaluatorFor } from "../evaluators/evaluator-for.ts";
import type { EvalOptions } from "./eval-options.ts";
import { computeAt, evaluateNode, planOf, valuesAt } from "./evaluate.ts";
import type { Node } from "./node.ts";
import { checkedParams, type Session } from "./session.ts";

/** Evaluates a pipeline by the method of its options, through the cache of its environment. */
export async function evaluateByMethod(
  node: Node,
  coordinates: Coordinates,
  options: EvalOptions,
): Promise<UnitsDataArray> {
  const session = sessionOf(node, options);
  session.signal?.throwIfAborted();
  await node.ready();
  planOf(node, coordinates);
  const evaluator = await evaluatorFor(options.method ?? "serial", session.environment);
  /** Chunks of what was evaluated before: of a request in a cache there may be several parts, one after the other. */
  let before: EvaluationProgress = { done: 0, total: 0 };
  const compute = async (missing: Coordinates): Promise<ComputedValues> => {
    let keep = true;
    let sum = before;
    const array = await evaluator.evaluate({
      node,
      get definition() {
        return node.definition("dict");
      },
      coordinates: missing,
      params: options.params ?? {},
      cache: session.cache,
      signal: session.signal,
      local: (part) => computeAt(node, part, session),
      progress: ({ done, total }) => {
        sum = { done: before.done + done, total: before.total + total };
        options.onProgress?.(sum);
      },
      failed: (failure) => {
        keep = false;
        options.onFailure?.(failure);
      },
    });
    before = sum;
    return { array, keep };
  };
  return evaluateNode(node, coordinates, session, async (target) =>
    evaluator.keeps ? (await compute(target)).array : valuesAt(node, target, session, compute),
  );
}

function sessionOf(node: Node, { params, signal, cache = "use" }: EvalOptions): Session {
  return {
    environment: node.environment,
    signal,
    cache,
    params: checkedParams(node, params),
    versions: new Map(),
  };
}
