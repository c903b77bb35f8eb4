import { type MessagePort, parentPort } from "node:worker_threads";
import { Coordinates } from "@zarr-cache/arrays";
import type { PipelineDefinition } from "../../definition/pipeline-definition.ts";
import type { NodeRegistry } from "../../definition/registry.ts";
import { EvaluationError } from "../../errors.ts";
import type { Environment } from "../../node/environment.ts";
import { Node } from "../../node/node.ts";
import { toMessage } from "./array-message.ts";
import type { FromWorker, ToWorker } from "./messages.ts";

/**
 * Evaluates what `parallel` asks of this worker thread, with the types and resources of a registry. The whole of a worker's
 * file: `serveEvaluations(createRegistry().provide(store))`. With a cache in `environment` the stages are kept.
 */
export function serveEvaluations(registry: NodeRegistry, environment: Environment = {}): void {
  if (!parentPort) throw new EvaluationError("serveEvaluations() is for a worker thread");
  const port: MessagePort = parentPort;
  const running = new Map<number, AbortController>();
  /** The pipeline that was sent last, or why it is none. */
  let last: { readonly text: string; readonly node: () => Node } | undefined;

  const nodeOf = (definition: PipelineDefinition | undefined): Node => {
    const text = definition && JSON.stringify(definition);
    if (definition && text !== undefined && text !== last?.text) last = { text, node: read(definition) };
    if (last === undefined) throw new EvaluationError("No pipeline was sent");
    return last.node();
  };
  const read = (definition: PipelineDefinition): (() => Node) => {
    try {
      const node = Node.fromDefinition(definition, registry).using(environment);
      return () => node;
    } catch (error) {
      return () => {
        throw error;
      };
    }
  };
  const evaluate = async (job: Exclude<ToWorker, { readonly abort: true }>): Promise<void> => {
    const { id, params, cache } = job;
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const node = nodeOf(job.definition);
      const coordinates = Coordinates.fromDefinition(job.coordinates);
      const array = toMessage(await node.eval(coordinates, { params, cache, signal: controller.signal }));
      port.postMessage({ id, array } satisfies FromWorker, [array.data.buffer as ArrayBuffer]);
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
