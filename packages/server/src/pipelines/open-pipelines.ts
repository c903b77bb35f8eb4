import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Node, NodeStore } from "@zarr-cache/nodes";
import type { CachedStore } from "zarr-cache";
import type { ChunkCache } from "zarr-cache/node";
import { ConfigError } from "../config/config-error.ts";
import type { PipelineStoreConfig } from "../config/pipeline-store-section.ts";
import { WrongPlaces } from "../config/wrong-places.ts";
import { counted } from "../counted.ts";
import { defined } from "../defined.ts";
import { pathOf } from "../sources/open-source.ts";
import type { Nodes } from "./load-nodes.ts";
import type { OpenedRegistry } from "./open-registry.ts";
import { pipelineOrder } from "./pipeline-order.ts";
import { type ReadableByPipelines, storeResource } from "./store-resource.ts";

/** A pipeline that is served. */
export interface OpenedPipeline extends ReadableByPipelines {
  readonly node: Node;
  readonly source: NodeStore;
}

/** What pipelines are opened with. */
export interface PipelineSurroundings extends OpenedRegistry {
  readonly nodes: Nodes;
  readonly cache: ChunkCache;
  /** Where paths begin. */
  readonly directory: string;
  /** Other stores that could not be opened, by id, of which has been told already. */
  readonly unopened: readonly string[];
}

/**
 * Opens the pipelines of a configuration, each after those that it reads, and provides each in the registry under its id. Nothing
 * is evaluated yet. Rejects with `ConfigError` that names each store and all that is wrong with its definition; those that read what
 * cannot be opened are not looked at.
 */
export async function openPipelines(
  configs: ReadonlyMap<string, PipelineStoreConfig>,
  surroundings: PipelineSurroundings,
): Promise<Map<string, OpenedPipeline>> {
  const { nodes, registry, directory } = surroundings;
  const wrong = new WrongPlaces();
  const texts = new Map<string, string>();
  const reads = new Map<string, readonly string[]>();
  for (const [id, { pipeline }] of configs) {
    const text = await wrong.attempt(() => textOf(id, pathOf(pipeline, directory)));
    if (text !== undefined) texts.set(id, text);
    reads.set(id, text === undefined ? [] : nodes.resourcesOf(text, registry));
  }
  const opened = new Map<string, OpenedPipeline>();
  const unopened = new Set(surroundings.unopened);
  const order = await wrong.attempt(() => pipelineOrder(amongThemselves(reads)));
  for (const id of order ?? []) {
    const text = texts.get(id);
    const isReadable = text !== undefined && !reads.get(id)?.some((name) => unopened.has(name));
    const config = configs.get(id) as PipelineStoreConfig;
    const pipeline = isReadable && (await wrong.attempt(() => openPipeline(id, config, text, surroundings)));
    if (pipeline) {
      registry.provide(storeResource(nodes, id, pipeline));
      opened.set(id, pipeline);
    } else unopened.add(id);
  }
  wrong.assertNone();
  return opened;
}

function amongThemselves(reads: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  return new Map([...reads].map(([id, names]) => [id, names.filter((name) => reads.has(name))]));
}

async function textOf(id: string, path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const problem = `${path} cannot be read (${(error as NodeJS.ErrnoException).code}); correct the path`;
    throw new ConfigError(`stores.${id}.pipeline`, [problem], { cause: error });
  }
}

function openPipeline(
  id: string,
  config: PipelineStoreConfig,
  text: string,
  { nodes, registry, version, cache }: PipelineSurroundings,
): OpenedPipeline {
  const node = at(`stores.${id}.pipeline`, nodes, () => nodes.Node.fromDefinition(json(text), registry));
  const coordinates = at(`stores.${id}.coordinates`, nodes, () =>
    nodes.readCoordinates(config.coordinates as Parameters<Nodes["readCoordinates"]>[0]),
  );
  const source = at(`stores.${id}`, nodes, () => nodes.nodeStore(node, optionsOf(config, coordinates)));
  return { node, source, store: cachedStore(cache, id, config, source, version), dataAge: undefined };
}

type Options = Parameters<Nodes["nodeStore"]>[1];

function optionsOf(
  { chunks = {}, dtype, params, name, format, compression, recheck }: PipelineStoreConfig,
  coordinates: Options["coordinates"],
): Options {
  const { dims } = coordinates;
  if (Array.isArray(chunks) && chunks.length !== dims.length)
    throw new Error(
      `chunks has ${counted(chunks.length, "length")} for ${counted(dims.length, "dimension")}: ${dims.join(", ")}`,
    );
  const lengths = Array.isArray(chunks)
    ? Object.fromEntries(chunks.map((length, place) => [dims[place] as string, length]))
    : chunks;
  return { coordinates, chunks: lengths, ...defined({ dtype, params, name, format, compression, recheck }) };
}

/**
 * Results of another definition, grid or module have another name in the cache, so that servers which were told of a change
 * and those which were not share it without confusion.
 */
function cachedStore(
  cache: ChunkCache,
  id: string,
  config: PipelineStoreConfig,
  source: NodeStore,
  version: string,
): CachedStore {
  const { maxAge = "source", rules, staleWhileRevalidate, staleIfError, jitter, offline } = config;
  const digest = createHash("sha256").update(`${source.identity} ${version}`).digest("hex");
  return cache.wrap(source, `${id.slice(0, 100)}-${digest.slice(0, 16)}`, {
    ...defined({ maxAge, rules, staleWhileRevalidate, staleIfError, jitter, offline }),
    isolation: "shared",
  });
}

/** Says where in the configuration something is wrong; of a definition all that is wrong with it. */
function at<T>(place: string, { DefinitionError }: Nodes, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const problems =
      error instanceof DefinitionError
        ? error.problems.map(({ path, message }) => (path === "" ? message : `${path} ${message}`))
        : [(error as Error).message];
    throw new ConfigError(place, problems, { cause: error });
  }
}

/** Text that is no JSON is told with the reason. */
function json(text: string): string {
  JSON.parse(text);
  return text;
}
