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
 * Evaluates what `parallel` asks of this thread or process, with the types and resources of a registry. The whole of a worker's
 * file: `serveEvaluations(createRegistry().provide(store))`. With a cache in `environment` the stages are kept.
 */
export function serveEvaluations(registry: NodeRegistry, environment: Environment = {}): void {
  const port = parentPort ? threadPort(parentPort) : processPort();
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
      const result = await node.eval(coordinates, { params, cache, signal: controller.signal });
      const array = toMessage(result, job.spare);
      port.post({ id, array });
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      port.post({ id, error: { name, message } });
    } finally {
      running.delete(id);
    }
  };
  port.listen((message) => {
    if ("abort" in message) running.get(message.id)?.abort();
    else void evaluate(message);
  });
}

/** The way to whoever asks. */
interface AskerPort {
  post(message: FromWorker): void;
  listen(hear: (message: ToWorker) => void): void;
}

/** Values are handed over to the thread that asked. */
function threadPort(port: MessagePort): AskerPort {
  return {
    post: (message) =>
      port.postMessage(message, "array" in message ? [message.array.data.buffer as ArrayBuffer] : []),
    listen: (hear) => void port.on("message", hear),
  };
}

/** A process ends with the one that asks. */
function processPort(): AskerPort {
  if (!process.send) throw new EvaluationError("serveEvaluations() is for a worker of parallel()");
  process.once("disconnect", () => process.exit());
  return {
    post: (message) => void process.send?.(message, () => {}),
    listen: (hear) => void process.on("message", (message) => hear(message as ToWorker)),
  };
}
