import { type ChunkCache, openCache } from "zarr-cache/node";
import type { Config } from "../config/config-schema.ts";
import { isPipeline } from "../config/store-section.ts";
import { defined } from "../defined.ts";
import type { Log } from "../log.ts";
import { pathOf } from "../sources/open-source.ts";

/** Opens the cache of a configuration. */
export function openChunkCache(
  { cache, stores }: Pick<Config, "cache" | "stores">,
  directory: string,
  log: Log,
): Promise<ChunkCache> {
  const { location, s3, ...options } = cache;
  const quotas = quotasOf(stores);
  return openCache(location.startsWith("s3://") ? location : pathOf(location, directory), {
    ...defined(options),
    ...(s3 && { clientConfig: defined(s3) }),
    ...(Object.keys(quotas).length > 0 && { quotas }),
    onWarning: (message) => log.warn({}, message),
  });
}

/** The stores that have bounds of their own in the cache, which is opened with them. */
export function quotasOf(stores: Config["stores"]): Record<string, number> {
  const quotas = Object.entries(stores).flatMap(([id, store]): [string, number][] =>
    isPipeline(store) || store.quota === undefined ? [] : [[id, store.quota]],
  );
  return Object.fromEntries(quotas);
}
