import { Worker } from "node:worker_threads";
import type { CoordinatesDefinition } from "@zarr-cache/arrays";
import type { PipelineDefinition } from "../../definition/pipeline-definition.ts";
import { EvaluationError } from "../../errors.ts";
import type { CacheUse } from "../../node/eval-options.ts";
import type { Params } from "../evaluator.ts";
import type { ArrayMessage } from "./array-message.ts";
import type { FromWorker, ToWorker } from "./messages.ts";

/** What is to be evaluated in a thread. */
export interface Job {
  readonly id: number;
  readonly definition: PipelineDefinition;
  readonly coordinates: CoordinatesDefinition;
  readonly params: Params;
  readonly cache: CacheUse;
}

/** One worker thread. It keeps the process alive only while something is under way, and fails what is under way when it ends. */
export class Thread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { resolve(array: ArrayMessage): void; reject(error: unknown): void }>();
  /** The definition that it was sent last, which may hold much data. */
  #sent: PipelineDefinition | undefined;
  #ended: EvaluationError | undefined;

  /** Starts the file of a thread, or the one that comes with this package. */
  constructor(file: URL | string | undefined) {
    const own = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
    this.#worker = new Worker(file ?? new URL(own, import.meta.url));
    this.#worker.unref();
    this.#worker.on("message", (message: FromWorker) => this.#settle(message));
    this.#worker.on("error", (error) =>
      this.#end(new EvaluationError(`A thread failed: ${error}`, { cause: error })),
    );
    this.#worker.on("exit", (code) => this.#end(new EvaluationError(`A thread ended with the code ${code}`)));
  }

  /** Whether it can still be given jobs. */
  get isAlive(): boolean {
    return this.#ended === undefined;
  }

  /** Evaluates a job; an abort tells the thread, and rejects at once. */
  run(job: Job, signal: AbortSignal | undefined): Promise<ArrayMessage> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      const abort = () => {
        this.#worker.postMessage({ id: job.id, abort: true } satisfies ToWorker);
        settled(() => reject(signal?.reason));
      };
      const settled = (settle: () => void) => {
        signal?.removeEventListener("abort", abort);
        this.#waiting.delete(job.id);
        if (this.#waiting.size === 0) this.#worker.unref();
        settle();
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiting.set(job.id, {
        resolve: (array) => settled(() => resolve(array)),
        reject: (error) => settled(() => reject(error)),
      });
      this.#worker.ref();
      const { definition, ...rest } = job;
      this.#worker.postMessage((definition === this.#sent ? rest : job) satisfies ToWorker);
      this.#sent = definition;
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
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
