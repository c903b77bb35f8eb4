import { InvalidArgumentError } from "@zarr-cache/arrays";
import type { Job as BullJob } from "bullmq";
import type { ResultCache } from "zarr-cache/memo";
import type { NodeRegistry } from "../../definition/registry.ts";
import type { Environment } from "../../node/environment.ts";
import type { Allowed } from "../allowed.ts";
import { checkOptions } from "../check-options.ts";
import { Admission } from "./admission.ts";
import { answerChunk } from "./answer-chunk.ts";
import type { Job, JobAnswer } from "./job.ts";
import { loadBull } from "./load-package.ts";
import { checkLocation, PREFIX, type QueueLocation } from "./queue-location.ts";
import { connectedClient } from "./redis-client.ts";
import { toldReason } from "./told-reason.ts";

/** What a worker evaluates, and how. */
export interface ServeQueueOptions extends QueueLocation {
  /** Types and resources. */
  readonly registry: NodeRegistry;
  /** The hashes of pipelines that may be evaluated, or a function that says so. Nothing is allowed by default. */
  readonly allow: Allowed;
  /** What pipelines work with: the cache, which those who ask have as well, and perhaps more. */
  readonly environment: Environment & { readonly cache: ResultCache };
  /** Chunks at a time: 1 unless told. */
  readonly concurrency?: number;
  /**
   * Milliseconds after which a worker that was not heard of has lost its chunks to others: 30 seconds unless told. A chunk whose
   * evaluation blocks its process for longer is begun by another worker as well.
   */
  readonly lockDuration?: number;
  /** Bytes of a definition at most: 4 MB unless told. */
  readonly maxDefinitionBytes?: number;
  /** Points of a chunk at most: 4 194 304 unless told. */
  readonly maxPoints?: number;
  /** Called with what became of each chunk. */
  readonly onChunk?: (chunk: ServedChunk) => void;
  /** Called with what is wrong with Redis; it is used again once it is back. */
  readonly onWarning?: (message: string) => void;
}

/** What became of a chunk. */
export interface ServedChunk {
  /** `left` where it goes to another worker, `unwanted` where nobody waits for it any more. */
  readonly state: JobAnswer["state"] | "failed" | "left";
  /** Milliseconds. */
  readonly duration: number;
  /** Why it failed or was refused. */
  readonly reason?: string;
}

/** A worker of a queue. */
export interface QueueWorker extends AsyncDisposable {
  /** Takes no more chunks, and resolves when those under way are done; after so many milliseconds they are given back to the queue. */
  close(options?: { readonly timeout?: number }): Promise<void>;
}

const OPTIONS = [
  ...["redis", "queue", "registry", "allow", "environment", "concurrency", "lockDuration"],
  ...["maxDefinitionBytes", "maxPoints", "onChunk", "onWarning"],
];

/** How often a chunk is given to another worker when its own has died. */
const TAKE_OVERS = 2;

/**
 * Evaluates chunks that `queue` asks for, until it is closed. Resolves once Redis is there and work can come; rejects where it is not.
 * Pipelines are read with the registry alone, and only those that are allowed are evaluated. Results are kept in the cache.
 */
export async function serveQueue(options: ServeQueueOptions): Promise<QueueWorker> {
  const { concurrency = 1, lockDuration = 30_000, onWarning = () => {} } = options;
  const { maxDefinitionBytes = 4e6, maxPoints = 2 ** 22 } = options;
  checkOptions(options, OPTIONS, { concurrency, lockDuration, maxDefinitionBytes, maxPoints });
  if (!options.environment?.cache)
    throw new InvalidArgumentError(
      "environment.cache",
      undefined,
      "the cache that those who ask have as well",
    );
  checkLocation(options);
  const { Worker, WaitingError } = await loadBull();
  const client = await connectedClient(options.redis, "waiting");
  const commands = await connectedClient(options.redis, "commands");
  const admission = new Admission(commands, { ...options, maxDefinitionBytes });
  const tools = { client: commands, admission, cache: options.environment.cache, maxPoints };
  const ended = new AbortController();
  const process = async (job: BullJob<Job, JobAnswer>, token?: string, lost?: AbortSignal) => {
    const started = performance.now();
    const tell = (chunk: Omit<ServedChunk, "duration">) =>
      options.onChunk?.({ ...chunk, duration: performance.now() - started });
    const signal = lost ? AbortSignal.any([ended.signal, lost]) : ended.signal;
    try {
      const answer = await answerChunk({ id: job.id as string, job: job.data }, tools, signal);
      tell(answer.state === "refused" ? answer : { state: answer.state });
      return answer;
    } catch (error) {
      if (!signal.aborted) {
        const reason = toldReason(error);
        tell({ state: "failed", reason });
        throw new Error(reason);
      }
      tell({ state: "left" });
      if (ended.signal.aborted) await job.moveToWait(token);
      throw new WaitingError();
    }
  };
  const worker = new Worker<Job, JobAnswer>(options.queue ?? "evaluations", process, {
    connection: client,
    prefix: PREFIX,
    concurrency,
    lockDuration,
    stalledInterval: Math.ceil(lockDuration / 2),
    maxStalledCount: TAKE_OVERS,
  });
  worker.on("error", (error) => onWarning(toldReason(error)));
  worker.on("lockRenewalFailed", (ids) => {
    for (const id of ids) worker.cancelJob(id, "another worker has taken the chunk over");
  });
  await worker.waitUntilReady();
  const close = async ({ timeout = Number.POSITIVE_INFINITY }: { readonly timeout?: number } = {}) => {
    const timer = Number.isFinite(timeout) ? setTimeout(() => ended.abort(), timeout) : undefined;
    await worker.close();
    clearTimeout(timer);
    for (const each of [client, commands]) each.disconnect();
  };
  return { close, [Symbol.asyncDispose]: () => close() };
}
