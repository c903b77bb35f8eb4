import { type ChunkCache, openCache } from "zarr-cache/node";
import type { Config } from "../config/config-schema.ts";
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
  const quotas = Object.entries(stores).flatMap(([id, { quota }]) =>
    quota === undefined ? [] : [[id, quota]],
  );
  return openCache(location.startsWith("s3://") ? location : pathOf(location, directory), {
    ...defined(options),
    ...(s3 && { clientConfig: defined(s3) }),
    ...(quotas.length > 0 && { quotas: Object.fromEntries(quotas) as Record<string, number> }),
    onWarning: (message) => log.warn({}, message),
  });
}
