import { readFile } from "node:fs/promises";
import type { QueueWorker, ServedChunk } from "@zarr-cache/nodes/queue";
import { ConfigError } from "../config/config-error.ts";
import type { LoadedConfig } from "../config/load-config.ts";
import type { Log } from "../log.ts";
import { loadNodes, type Nodes } from "../pipelines/load-nodes.ts";
import type { ServedPipelines } from "../pipelines/served-pipelines.ts";
import { openChunkCache } from "../serving/open-chunk-cache.ts";
import { openStores } from "../serving/open-stores.ts";
import { loadQueue } from "./load-queue.ts";

/** A worker that takes chunks. */
export interface OpenedWorker {
  readonly queue: string;
  /** The hashes of the pipelines that it evaluates. */
  readonly allowed: readonly string[];
  /** Ends after the chunks under way, which are given back to the queue after so many milliseconds; then closes the cache. */
  close(timeout: number): Promise<void>;
}

/** What a worker is told besides its configuration. */
export interface WorkerOptions {
  /** Files with definitions of pipelines that it evaluates as well. */
  readonly definitions: readonly string[];
  readonly log: Log;
  readonly onChunk: (chunk: ServedChunk) => void;
}

/**
 * Opens the cache, the stores and the pipelines of a configuration, and takes chunks from its queue. Rejects with `ConfigError` where
 * it does not say enough, and with what Redis or the cache rejects with.
 */
export async function openWorker(
  { config, directory }: LoadedConfig,
  { definitions, log, onChunk }: WorkerOptions,
): Promise<OpenedWorker> {
  const { queue, concurrency, lockDuration, redis = config.cache.index } = config.worker;
  if (redis === undefined)
    throw new ConfigError("worker.redis", [
      "is missing: name the Redis of the queue, such as --redis redis://127.0.0.1",
    ]);
  const { serveQueue } = await loadQueue();
  const nodes = await loadNodes("worker");
  const { evaluate } = config.pipelines;
  if (evaluate === undefined) throw new ConfigError("pipelines.evaluate", ["is missing"]);
  const cache = await openChunkCache(config, directory, log);
  try {
    const pipelines = (await openStores(cache, config, directory)).pipelines as ServedPipelines;
    const { registry, stores } = pipelines;
    const own = await Promise.all(definitions.map((file) => hashOf(file, nodes, pipelines)));
    const served = [...stores.values()].map(({ node }) => node.hash);
    const allowed = [...new Set([...served, ...evaluate.allow, ...own])];
    if (allowed.length === 0)
      throw new ConfigError("pipelines.evaluate", [
        "allows nothing: name definitions (zarr-cache worker ndvi.json), or hashes (--allow HASH)",
      ]);
    const worker = await serveQueue({
      ...{ redis, queue, concurrency, lockDuration, registry, onChunk },
      allow: allowed,
      environment: { cache },
      maxPoints: evaluate.maxPoints,
      maxDefinitionBytes: evaluate.maxBodyBytes,
      onWarning: (message) => log.warn({ reason: message }, "the queue"),
    });
    return { queue, allowed, close: (timeout) => closeAll(worker, cache, timeout) };
  } catch (error) {
    await cache.close();
    throw error;
  }
}

async function closeAll(
  worker: QueueWorker,
  cache: { close(): Promise<void> },
  timeout: number,
): Promise<void> {
  try {
    await worker.close({ timeout });
  } finally {
    await cache.close();
  }
}

/** The hash of the pipeline in a file. */
async function hashOf(file: string, { Node }: Nodes, { registry }: ServedPipelines): Promise<string> {
  try {
    return Node.fromDefinition(await readFile(file, "utf8"), registry).hash;
  } catch (error) {
    throw new ConfigError(file, [(error as Error).message], { cause: error });
  }
}
