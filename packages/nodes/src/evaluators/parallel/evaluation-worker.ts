import type { CoordinatesDefinition } from "@zarr-cache/arrays";
import type { PipelineDefinition } from "../../definition/pipeline-definition.ts";
import { EvaluationError } from "../../errors.ts";
import type { CacheUse } from "../../node/eval-options.ts";
import type { Params } from "../evaluator.ts";
import type { ArrayMessage } from "./array-message.ts";
import type { FromWorker } from "./messages.ts";
import { openChannel, type WorkerChannel, type WorkerKind } from "./worker-channel.ts";

/** What is to be evaluated in a worker. */
export interface Job {
  readonly id: number;
  readonly definition: PipelineDefinition;
  readonly coordinates: CoordinatesDefinition;
  readonly params: Params;
  readonly cache: CacheUse;
  /** Memory that its values may take; threads alone use it. */
  readonly spare?: ArrayBuffer;
}

/** One thread or process. It keeps this process alive only while something is under way, and fails what is under way when it ends. */
export class EvaluationWorker {
  readonly #channel: WorkerChannel;
  readonly #waiting = new Map<number, { resolve(array: ArrayMessage): void; reject(error: unknown): void }>();
  /** The definition that it was sent last, which may hold much data. */
  #sent: PipelineDefinition | undefined;
  #ended: EvaluationError | undefined;

  /** Starts a file, or the one that comes with this package. */
  constructor(kind: WorkerKind, file: URL | string | undefined) {
    const own = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
    this.#channel = openChannel(kind, file ?? new URL(own, import.meta.url), {
      onMessage: (message) => this.#settle(message),
      onEnd: (how, cause) =>
        this.#end(new EvaluationError(`A ${kind} ${how}`, cause === undefined ? {} : { cause })),
    });
  }

  /** Whether it can still be given jobs. */
  get isAlive(): boolean {
    return this.#ended === undefined;
  }

  /** Evaluates a job; an abort tells the worker, and rejects at once. */
  run(job: Job, signal: AbortSignal | undefined): Promise<ArrayMessage> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      const abort = () => {
        this.#channel.post({ id: job.id, abort: true });
        settled(() => reject(signal?.reason));
      };
      const settled = (settle: () => void) => {
        signal?.removeEventListener("abort", abort);
        this.#waiting.delete(job.id);
        if (this.#waiting.size === 0) this.#channel.unref();
        settle();
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiting.set(job.id, {
        resolve: (array) => settled(() => resolve(array)),
        reject: (error) => settled(() => reject(error)),
      });
      this.#channel.ref();
      const { definition, ...rest } = job;
      this.#channel.post(definition === this.#sent ? rest : job);
      this.#sent = definition;
    });
  }

  async close(): Promise<void> {
    await this.#channel.end();
  }

  #settle(message: FromWorker): void {
    const waiting = this.#waiting.get(message.id);
    if ("array" in message) waiting?.resolve(message.array);
    else waiting?.reject(Object.assign(new Error(message.error.message), { name: message.error.name }));
  }

  #end(error: EvaluationError): void {
    this.#ended ??= error;
    for (const { reject } of [...this.#waiting.values()]) reject(this.#ended);
  }
}
