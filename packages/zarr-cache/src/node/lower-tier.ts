import { join } from "node:path";
import { parseBytes } from "../byte-size.ts";
import { DiskStoreOpener } from "../disk/disk-store-opener.ts";
import { LmdbStoreIndex } from "../disk/lmdb-store-index.ts";
import { parseDuration } from "../duration.ts";
import { InvalidOptionError } from "../errors.ts";
import { IndexedCacheStorage } from "../indexed-cache-storage.ts";
import { RedisStoreIndex } from "../redis/redis-store-index.ts";
import { S3StoreOpener } from "../s3/s3-store-opener.ts";
import type { StoreIndex } from "../store-index.ts";
import type { StoreOpener } from "../store-opener.ts";
import type { CacheLocation } from "./cache-location.ts";
import type { OpenCacheOptions } from "./open-cache-options.ts";
import { pick } from "./pick.ts";

const DEADLINE_IN_BUCKET = 2000;
/**
 * What the directories of some two hundred stores take, and the most of a budget that is set aside for them: an index in
 * LMDB counts its stores, one in Redis does not know that there are directories.
 */
const DIRECTORIES = 2 ** 24;
const MOST_FOR_DIRECTORIES = 1 / 32;

/** Makes the tier that outlives this process: a directory or a bucket, under the index that goes with it. */
export function lowerTier(location: CacheLocation, options: OpenCacheOptions): IndexedCacheStorage {
  const tier = pick(options, "fills", "maxFillBytes", "deadline", "lockTimeout");
  return new IndexedCacheStorage(indexOf(location, options), openerOf(location, options), {
    ...(location.medium === "s3" && { deadline: DEADLINE_IN_BUCKET }),
    ...tier,
  });
}

function indexOf(location: CacheLocation, options: OpenCacheOptions): StoreIndex {
  const { index, deadline, policy, maxBytes } = options;
  const common = {
    ...pick(options, "maxBytes", "maxEntries", "maxEntryBytes", "maxPinnedBytes", "lockAge", "clock"),
    // The index answers or gives up in half the time that the tier has.
    ...(deadline !== undefined && { deadline: parseDuration("deadline", deadline) / 2 }),
  };
  if (location.medium === "disk" && index === undefined)
    return new LmdbStoreIndex(join(location.directory, "index"), { ...common, ...pick(options, "policy") });
  if (maxBytes === undefined)
    throw new InvalidOptionError("maxBytes", maxBytes, 'a size such as "2 TB", for all machines together');
  if (typeof policy === "function")
    throw new InvalidOptionError("policy", policy, '"gdsf" or "lru"; Redis knows no others');
  const budget = parseBytes("maxBytes", maxBytes);
  const directories =
    location.medium === "s3" ? 0 : Math.min(DIRECTORIES, Math.floor(budget * MOST_FOR_DIRECTORIES));
  return new RedisStoreIndex({
    namespace: location.medium === "s3" ? location.namespace : "",
    ...common,
    ...pick(options, "namespace", "shards", "quotas", "coherence"),
    ...(policy !== undefined && { policy }),
    maxBytes: budget,
    setAside: directories,
    redis: index as NonNullable<typeof index>,
  });
}

function openerOf(location: CacheLocation, options: OpenCacheOptions): StoreOpener {
  return location.medium === "s3"
    ? new S3StoreOpener(location.pattern, pick(options, "client", "clientConfig"))
    : new DiskStoreOpener(join(location.directory, "chunks", "{store_id}"), pick(options, "minFreeBytes"));
}
