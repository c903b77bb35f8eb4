import { isDeepStrictEqual } from "node:util";
import type { SourceLike } from "zarr-cache";
import type { ChunkCache } from "zarr-cache/node";
import { ConfigError } from "../config/config-error.ts";
import type { Config } from "../config/config-schema.ts";
import { isPipeline, type SourceStoreConfig, type StoreConfig } from "../config/store-section.ts";
import { WrongPlaces } from "../config/wrong-places.ts";
import type { ServedStore } from "../context.ts";
import { defined } from "../defined.ts";
import { openServedPipelines, type ServedPipelines } from "../pipelines/served-pipelines.ts";
import { openSource } from "../sources/open-source.ts";

/** A store that is open, and what it was configured as. */
export interface OpenStore {
  readonly served: ServedStore;
  readonly config: StoreConfig;
}

/** The stores of a configuration. */
export interface OpenedStores {
  /** In the order of the configuration. */
  readonly stores: ReadonlyMap<string, OpenStore>;
  /** Where there are pipelines, or clients may evaluate any. */
  readonly pipelines: ServedPipelines | undefined;
}

type OpenParts = Pick<ServedStore, "source" | "store">;

/**
 * Opens the stores of a configuration over a cache. Those of `before` that read from somewhere and are configured the same go
 * on; pipelines are made anew, since their files may have changed. Rejects with `ConfigError` that tells of every store that cannot
 * be opened; those that read one of them are not looked at.
 */
export async function openStores(
  cache: ChunkCache,
  config: Pick<Config, "stores" | "tokens" | "pipelines">,
  directory: string,
  before: ReadonlyMap<string, OpenStore> = new Map(),
): Promise<OpenedStores> {
  const wrong = new WrongPlaces();
  const parts = new Map<string, OpenParts>();
  for (const [id, each] of Object.entries(config.stores)) {
    if (isPipeline(each)) continue;
    const old = before.get(id);
    const isSame = old !== undefined && isDeepStrictEqual(old.config, each);
    const opened = isSame ? old.served : await wrong.attempt(() => openStore(cache, id, each, directory));
    if (opened !== undefined) parts.set(id, opened);
  }
  const pipelines = await wrong.attempt(() => openServedPipelines(cache, config, directory, parts));
  wrong.assertNone();
  for (const [id, pipeline] of pipelines?.stores ?? []) parts.set(id, pipeline);
  const stores = new Map<string, OpenStore>();
  for (const [id, each] of Object.entries(config.stores))
    stores.set(id, { config: each, served: served(id, each, parts.get(id) as OpenParts, config) });
  return { stores, pipelines };
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
