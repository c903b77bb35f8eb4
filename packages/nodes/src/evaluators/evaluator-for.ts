import { EvaluationError } from "../errors.ts";
import type { Environment } from "../node/environment.ts";
import { type Evaluator, serial } from "./evaluator.ts";

/** The evaluator of a method: given as it is, of the environment, or the one that comes with the package. */
export async function evaluatorFor(
  method: string | Evaluator,
  { evaluators }: Environment,
): Promise<Evaluator> {
  if (typeof method !== "string") return method;
  const own = evaluators?.[method];
  if (own) return own;
  if (method === "serial") return serial;
  throw new EvaluationError(
    `There is no evaluator for the method "${method}": give one, import { ${method} } from "@zarr-cache/nodes/${method}" and node.using({ evaluators: { ${method}: ${method}(…) } })`,
  );
}
