import { type ChunkCache, type OpenCacheOptions, openCache } from "zarr-cache/node";
import {
  assembleCluster,
  type ClusterOptions,
  type ClusterPlace,
} from "../../cluster/support/assemble-cluster.ts";

/** Where the cache is that processes share: a directory, or Redis and S3. */
export type NodeWorkerPlace = string | { readonly place: ClusterPlace; readonly options: ClusterOptions };

/**
 * Opens a cache that processes share, with deadlines that a busy machine does not reach. In a directory the claims of a process
 * that has died are for others after `lockAge`.
 */
export function openPlace(
  place: NodeWorkerPlace,
  options: Pick<OpenCacheOptions, "lockAge"> = {},
): Promise<ChunkCache> {
  const patient = { maxBytes: "20 MB", deadline: "1m", lockTimeout: "2m" } as const;
  return typeof place === "string"
    ? openCache(place, { ...patient, ...options })
    : assembleCluster(place.place, place.options);
}
