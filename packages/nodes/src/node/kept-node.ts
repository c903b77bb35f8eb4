import type { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import type { CachedStore } from "zarr-cache";
import type { ResultCache } from "zarr-cache/memo";
import { type CacheEntry, cacheEntries, sweepCache } from "../cache/cache-entries.ts";
import {
  cacheDir,
  cachePath,
  delCache,
  type GetCacheOptions,
  getCache,
  hasCache,
  type PutCacheOptions,
  putCache,
} from "../cache/node-cache.ts";
import type { Keepable, Kept } from "../cache/result-codec.ts";
import type { Params } from "../evaluators/evaluator.ts";
import { type CachedNodeOptions, cachedNode } from "../store/cached-node.ts";
import { ComputedNode } from "./computed-node.ts";
import type { Node } from "./node.ts";

/** What is kept of a node, for people; what `eval` keeps is in the same storage. */
export abstract class KeptNode<A extends object = Record<string, unknown>> extends ComputedNode<A> {
  /** Reads what is kept under a key, for coordinates or for none; a `CacheError` where it is absent or has expired. */
  getCache(
    this: Node,
    key: "output",
    coordinates: Coordinates,
    options?: GetCacheOptions,
  ): Promise<UnitsDataArray>;
  getCache(
    this: Node,
    key: string,
    coordinates?: Coordinates,
    options?: GetCacheOptions,
  ): Promise<Kept["value"]>;
  getCache(
    this: Node,
    key: string,
    coordinates?: Coordinates,
    options: GetCacheOptions = {},
  ): Promise<Kept["value"]> {
    return getCache(this, key, coordinates, options);
  }

  /** Keeps an array, an ndarray, a node, JSON or bytes under a key, for coordinates or for none. */
  putCache(
    this: Node,
    key: string,
    coordinates: Coordinates | undefined,
    data: Keepable,
    options: PutCacheOptions = {},
  ): Promise<void> {
    return putCache(this, key, coordinates, data, options);
  }

  /** Whether something is kept and has not expired. */
  hasCache(
    this: Node,
    key: string,
    coordinates?: Coordinates,
    options: { readonly params?: Params } = {},
  ): Promise<boolean> {
    return hasCache(this, key, coordinates, options.params);
  }

  /**
   * Drops one entry; with the coordinates `"*"` all of a key, with the key `"*"` everything that is kept of the node, or
   * everything for these coordinates. `params` are of outputs: the values of parameters.
   */
  delCache(
    this: Node,
    key: string,
    coordinates?: Coordinates | "*",
    options: { readonly params?: Params } = {},
  ): Promise<void> {
    return delCache(this, key, coordinates, options.params);
  }

  /** The node on a grid as a cached Zarr store, which any client reads: what is evaluated once is read from then on. */
  cached(this: Node, cache: ResultCache, options: CachedNodeOptions): CachedStore {
    return cachedNode(this, cache, options);
  }

  /** Every result that is kept of the pipeline, stage by stage. */
  cacheEntries(this: Node): Promise<CacheEntry[]> {
    return cacheEntries(this);
  }

  /** Removes what has expired of the pipeline, which nobody can see any more; tells how many entries. */
  sweepCache(this: Node): Promise<number> {
    return sweepCache(this);
  }

  /** Where all that is kept of the node is: the store id and a path in it. */
  get cacheDir(): string {
    return cacheDir(this);
  }

  /** Where one result is kept: the store id and the key in it. */
  cachePath(this: Node, key: string, coordinates?: Coordinates): Promise<string> {
    return cachePath(this, key, coordinates);
  }

  /** A quantity that is expensive to find, such as an index: computed once for all nodes that are equal, in all processes. */
  async cachedProperty<T extends Keepable>(this: Node, name: string, fn: () => T | Promise<T>): Promise<T> {
    if (!this.environment.cache) return fn();
    return (await getCache(this, name, undefined, { evaluate: fn })) as T;
  }
}
