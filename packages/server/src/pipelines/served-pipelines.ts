import type { CachedStore } from "zarr-cache";
import type { ChunkCache } from "zarr-cache/node";
import { ConfigError } from "../config/config-error.ts";
import type { Config } from "../config/config-schema.ts";
import type { PipelineStoreConfig } from "../config/pipeline-store-section.ts";
import { isPipeline, type StoreConfig } from "../config/store-section.ts";
import { loadNodes } from "./load-nodes.ts";
import { type OpenedPipeline, openPipelines } from "./open-pipelines.ts";
import { type OpenedRegistry, openRegistry } from "./open-registry.ts";
import { storeResource } from "./store-resource.ts";

/** The pipelines of a configuration, and what definitions may name. */
export interface ServedPipelines extends OpenedRegistry {
  /** Those that are stores, by id. */
  readonly stores: ReadonlyMap<string, OpenedPipeline>;
}

/**
 * Opens the stores that pipelines compute; they find all others under their ids, but for those that could not be opened. Resolves to `undefined` where there are none
 * and clients may not evaluate any, so that `@zarr-cache/nodes` need not be there.
 */
export async function openServedPipelines(
  cache: ChunkCache,
  { stores, pipelines }: Pick<Config, "stores" | "pipelines">,
  directory: string,
  others: ReadonlyMap<string, { readonly store: CachedStore }>,
): Promise<ServedPipelines | undefined> {
  const configs = new Map<string, PipelineStoreConfig>();
  for (const [id, config] of Object.entries(stores)) if (isPipeline(config)) configs.set(id, config);
  const [first] = configs.keys();
  if (first === undefined && pipelines.evaluate === undefined) return undefined;
  const nodes = await loadNodes(first === undefined ? "pipelines.evaluate" : `stores.${first}.pipeline`);
  const opened = await openRegistry(nodes, pipelines.modules, directory);
  for (const id of Object.keys(stores))
    if (opened.registry.resource(id) !== undefined)
      throw new ConfigError(`stores.${id}`, [
        "a module of pipelines.modules has a resource of that name; rename one of them",
      ]);
  for (const [id, { store }] of others) {
    const dataAge = dataAgeOf(stores[id] as StoreConfig);
    opened.registry.provide(storeResource(nodes, id, { store, dataAge }));
  }
  const unopened = Object.keys(stores).filter((id) => !configs.has(id) && !others.has(id));
  const surroundings = { ...opened, nodes, cache, directory, unopened };
  return { ...opened, stores: await openPipelines(configs, surroundings) };
}

/** How long chunks of a store are fresh, where that is configured as a time. */
function dataAgeOf({ maxAge }: StoreConfig): number | undefined {
  const age = typeof maxAge === "object" ? maxAge.data : maxAge;
  return typeof age === "number" ? age : undefined;
}
