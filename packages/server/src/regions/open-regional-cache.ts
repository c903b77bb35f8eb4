import { hostname } from "node:os";
import type { RegionalCacheStorage, RegionalOptions } from "@zarr-cache/regions";
import { isZarrCacheError } from "zarr-cache";
import { ChunkCache } from "zarr-cache/node";
import { bucketPattern, S3StoreOpener } from "zarr-cache/s3";
import { ConfigError } from "../config/config-error.ts";
import type { LoadedConfig } from "../config/load-config.ts";
import type { RegionConfig } from "../config/region-section.ts";
import { defined } from "../defined.ts";
import type { Log } from "../log.ts";
import { openChunkCache } from "../serving/open-chunk-cache.ts";
import { JoinedRegion } from "./joined-region.ts";
import { loadRegions, type Regions } from "./load-regions.ts";
import type { ServedRegion } from "./served-region.ts";
import { sharedTiersOf } from "./shared-tiers.ts";

/** Where servers of other regions find what this one hands out, below its address. */
export const REGIONS_PATH = "/api/v1/regions";

/** A cache, and the region that it is in. */
export interface OpenedCache {
  readonly cache: ChunkCache;
  readonly region?: ServedRegion | undefined;
}

/**
 * Opens the cache of a configuration, as that of a region where one is configured. A region whose NATS server does not
 * answer is warned of, and joined once it does.
 */
export async function openRegionalCache(
  { config, directory }: LoadedConfig,
  process: number,
  log: Log,
): Promise<OpenedCache> {
  if (config.region === undefined) return { cache: await openChunkCache(config, directory, log) };
  const regions = await loadRegions();
  const local = await openChunkCache(config, directory, log);
  try {
    const { location } = config.cache;
    const machine = config.region.instance ?? hostname();
    const name = JSON.stringify([machine, directory, location, process]);
    const sharedTiers = sharedTiersOf(config.cache, machine);
    const storage = wrapped(regions, local, config.region, { name, ...defined({ sharedTiers }) });
    storage.on("warning", ({ tier, message }) => {
      if (tier === "regions") log.warn({}, message);
    });
    await storage.open();
    return { cache: new ChunkCache(storage), region: new JoinedRegion(regions, storage, config.region, log) };
  } catch (error) {
    await local.close();
    throw error;
  }
}

function wrapped(
  { RegionalCacheStorage: Regional, isRegionsError }: Regions,
  local: ChunkCache,
  { name: region, url, buckets = {}, documents: _, instance: __, ...options }: RegionConfig,
  names: Pick<RegionalOptions, "name" | "sharedTiers">,
): RegionalCacheStorage {
  try {
    const address = `${url.replace(/\/+$/, "")}${REGIONS_PATH}`;
    return new Regional(local.storage, {
      ...defined(options),
      region,
      url: address,
      ...names,
      buckets: openersOf(buckets),
    });
  } catch (error) {
    if (!isRegionsError(error, "InvalidArgumentError") && !isZarrCacheError(error, "InvalidOptionError"))
      throw error;
    throw new ConfigError("region", [error.message], { cause: error });
  }
}

function openersOf(buckets: NonNullable<RegionConfig["buckets"]>): Record<string, S3StoreOpener> {
  const openers = Object.entries(buckets).map(([region, { location, s3 }]) => [
    region,
    new S3StoreOpener(bucketPattern(location), s3 && { clientConfig: defined(s3) }),
  ]);
  return Object.fromEntries(openers) as Record<string, S3StoreOpener>;
}
