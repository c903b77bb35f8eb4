import { isDeepStrictEqual } from "node:util";
import type { SourceLike } from "zarr-cache";
import type { ChunkCache } from "zarr-cache/node";
import { ConfigError } from "../config/config-error.ts";
import type { Config } from "../config/config-schema.ts";
import type { PipelineStoreConfig } from "../config/pipeline-store-section.ts";
import { isPipeline, type SourceStoreConfig, type StoreConfig } from "../config/store-section.ts";
import type { ServedStore } from "../context.ts";
import { defined } from "../defined.ts";
import { loadNodes } from "../pipelines/load-nodes.ts";
import { openPipelines, type PipelineSurroundings, provide } from "../pipelines/open-pipelines.ts";
import { openRegistry } from "../pipelines/open-registry.ts";
import { openSource } from "../sources/open-source.ts";

/** A store that is open, and what it was configured as. */
export interface OpenStore {
  readonly served: ServedStore;
  readonly config: StoreConfig;
}

type OpenParts = Pick<ServedStore, "source" | "store">;

/**
 * Opens the stores of a configuration over a cache. Those of `before` that read from somewhere and are configured the same go
 * on; pipelines are made anew, since their files may have changed.
 */
export async function openStores(
  cache: ChunkCache,
  config: Pick<Config, "stores" | "tokens" | "pipelines">,
  directory: string,
  before: ReadonlyMap<string, OpenStore> = new Map(),
): Promise<Map<string, OpenStore>> {
  const parts = new Map<string, OpenParts>();
  for (const [id, each] of Object.entries(config.stores)) {
    if (isPipeline(each)) continue;
    const old = before.get(id);
    const isSame = old !== undefined && isDeepStrictEqual(old.config, each);
    parts.set(id, isSame ? old.served : await openStore(cache, id, each, directory));
  }
  for (const [id, opened] of await computedStores(cache, config, directory, parts)) parts.set(id, opened);
  const opened = new Map<string, OpenStore>();
  for (const [id, each] of Object.entries(config.stores))
    opened.set(id, { config: each, served: served(id, each, parts.get(id) as OpenParts, config) });
  return opened;
}

function served(
  id: string,
  config: StoreConfig,
  { source, store }: OpenParts,
  { tokens }: Pick<Config, "tokens">,
): ServedStore {
  const { clientMaxAge, cdnMaxAge, immutable } = config;
  const caching = { clientMaxAge, cdnMaxAge, immutable, public: tokens.length === 0 || config.public };
  return { id, store, source, writable: !isPipeline(config) && config.writable, caching };
}

async function openStore(
  cache: ChunkCache,
  id: string,
  config: SourceStoreConfig,
  directory: string,
): Promise<OpenParts> {
  const { maxAge, rules, staleWhileRevalidate, staleIfError, jitter, offline } = config;
  try {
    const source: SourceLike = await openSource(config, directory);
    const store = cache.wrap(source, id, {
      ...defined({ maxAge, rules, staleWhileRevalidate, staleIfError, jitter, offline }),
      // Nobody here writes to what a store hands out.
      isolation: config.writable ? "copy" : "shared",
    });
    return { source, store };
  } catch (error) {
    throw new ConfigError(`stores.${id}`, [(error as Error).message], { cause: error });
  }
}

/** The stores that pipelines compute; they find all others under their ids. */
async function computedStores(
  cache: ChunkCache,
  { stores, pipelines }: Pick<Config, "stores" | "pipelines">,
  directory: string,
  others: ReadonlyMap<string, OpenParts>,
): Promise<ReadonlyMap<string, OpenParts>> {
  const configs = new Map<string, PipelineStoreConfig>();
  for (const [id, config] of Object.entries(stores)) if (isPipeline(config)) configs.set(id, config);
  const [first] = configs.keys();
  if (first === undefined) return new Map();
  const nodes = await loadNodes(`stores.${first}.pipeline`);
  const opened = await openRegistry(nodes, pipelines.modules, directory);
  for (const [id, { store }] of others)
    provide(nodes, opened.registry, id, { store, dataAge: dataAgeOf(stores[id] as StoreConfig) });
  const surroundings: PipelineSurroundings = { ...opened, nodes, cache, directory };
  return openPipelines(configs, surroundings);
}

/** How long chunks of a store are fresh, where that is configured as a time. */
function dataAgeOf({ maxAge }: StoreConfig): number | undefined {
  const age = typeof maxAge === "object" ? maxAge.data : maxAge;
  return typeof age === "number" ? age : undefined;
}
