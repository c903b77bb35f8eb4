import { CachedStore, type CachedStoreOptions, type CacheStorage } from "zarr-cache";
import type { ResultCache } from "zarr-cache/memo";
import type { Node } from "../node/node.ts";
import { nodeStore } from "./node-store.ts";
import type { NodeStoreOptions } from "./node-store-options.ts";

/** How a node is kept as a Zarr array. */
export interface CachedNodeOptions extends NodeStoreOptions {
  /** Named after the identity of the array unless told. */
  readonly storeId?: string;
  /** Options of the `CachedStore`; answers are as old as the sources allow unless `maxAge` is given. */
  readonly store?: CachedStoreOptions;
}

/** A node as a cached Zarr store: {@link nodeStore} in a `CachedStore`. */
export function cachedNode(node: Node, cache: ResultCache, options: CachedNodeOptions): CachedStore {
  const { storeId, store: more, ...rest } = options;
  const source = nodeStore(node, rest);
  const storage: CacheStorage = "storage" in cache ? cache.storage : cache;
  const id = storeId ?? `pipeline-${source.identity.slice(0, 24)}`;
  return new CachedStore(source, id, storage, { maxAge: "source", ...more });
}
