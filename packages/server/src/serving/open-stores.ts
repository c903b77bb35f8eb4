import { isDeepStrictEqual } from "node:util";
import type { SourceLike } from "zarr-cache";
import type { ChunkCache } from "zarr-cache/node";
import { ConfigError } from "../config/config-error.ts";
import type { Config } from "../config/config-schema.ts";
import type { StoreConfig } from "../config/store-section.ts";
import type { ServedStore } from "../context.ts";
import { defined } from "../defined.ts";
import { openSource } from "../sources/open-source.ts";

/** A store that is open, and what it was configured as. */
export interface OpenStore {
  readonly served: ServedStore;
  readonly config: StoreConfig;
}

/** Opens the stores of a configuration over a cache. Those of `before` that are configured the same go on. */
export async function openStores(
  cache: ChunkCache,
  { stores, tokens }: Pick<Config, "stores" | "tokens">,
  directory: string,
  before: ReadonlyMap<string, OpenStore> = new Map(),
): Promise<Map<string, OpenStore>> {
  const opened = new Map<string, OpenStore>();
  for (const [id, config] of Object.entries(stores)) {
    const caching = {
      clientMaxAge: config.clientMaxAge,
      cdnMaxAge: config.cdnMaxAge,
      immutable: config.immutable,
      public: tokens.length === 0 || config.public,
    };
    const old = before.get(id);
    const isSame = old !== undefined && isDeepStrictEqual(old.config, config);
    const { source, store } = isSame ? old.served : await openStore(cache, id, config, directory);
    opened.set(id, { config, served: { id, store, source, writable: config.writable, caching } });
  }
  return opened;
}

async function openStore(
  cache: ChunkCache,
  id: string,
  config: StoreConfig,
  directory: string,
): Promise<Pick<ServedStore, "source" | "store">> {
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
