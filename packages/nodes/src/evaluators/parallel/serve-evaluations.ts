import { type MessagePort, parentPort } from "node:worker_threads";
import { Coordinates } from "@zarr-cache/arrays";
import { encodeResult } from "../../cache/result-codec.ts";
import type { NodeRegistry } from "../../definition/registry.ts";
import { EvaluationError } from "../../errors.ts";
import type { Environment } from "../../node/environment.ts";
import { Node } from "../../node/node.ts";
import type { FromWorker, ToWorker } from "./messages.ts";

/**
 * Evaluates what `parallel` asks of this worker thread, with the types and resources of a registry. The whole of a worker's
 * file: `serveEvaluations(createRegistry().provide(store))`. With a cache in `environment` the stages are kept.
 */
export function serveEvaluations(registry: NodeRegistry, environment: Environment = {}): void {
  if (!parentPort) throw new EvaluationError("serveEvaluations() is for a worker thread");
  const port: MessagePort = parentPort;
  const running = new Map<number, AbortController>();
  /** The pipeline that was evaluated last, which is most often the next as well. */
  let last: { readonly text: string; readonly node: Node } | undefined;

  const evaluate = async (job: Extract<ToWorker, { readonly definition: unknown }>): Promise<void> => {
    const { id, params } = job;
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const text = JSON.stringify(job.definition);
      if (last?.text !== text)
        last = { text, node: Node.fromDefinition(job.definition, registry).using(environment) };
      const coordinates = Coordinates.fromDefinition(job.coordinates);
      const result = await last.node.eval(coordinates, { params, signal: controller.signal });
      const bytes = encodeResult(result.with({ attrs: {} }));
      port.postMessage({ id, bytes } satisfies FromWorker, [bytes.buffer]);
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      port.postMessage({ id, error: { name, message } } satisfies FromWorker);
    } finally {
      running.delete(id);
    }
  };
  port.on("message", (message: ToWorker) => {
    if ("abort" in message) running.get(message.id)?.abort();
    else void evaluate(message);
  });
}
