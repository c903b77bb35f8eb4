import { Coordinates } from "@zarr-cache/arrays";
import type { EntryInfo } from "zarr-cache";
import { CacheError } from "../errors.ts";
import type { Node } from "../node/node.ts";
import type { NodeResults, ResultKey } from "./node-results.ts";
import { decodeResult, type Header, headerOf, type Kept } from "./result-codec.ts";
import { resultsOf } from "./results-of.ts";

/** One result that is kept of a pipeline. */
export interface CacheEntry {
  /** Of the node. */
  readonly address: string;
  readonly key: string;
  readonly coordinates: Coordinates | undefined;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds. */
  readonly age: number;
  /** Reads it back; undefined where it is gone meanwhile. */
  read(): Promise<Kept["value"] | undefined>;
}

/** Every result that is kept of a pipeline, stage by stage; what cannot be read is none. */
export async function cacheEntries(root: Node): Promise<CacheEntry[]> {
  const all: CacheEntry[] = [];
  for (const [address, node] of root.pipeline) {
    const results = resultsOf(node.using(root.environment), "all");
    for (const { key, size, age } of await listed(node, results)) {
      const bytes = await results.store.get(key as ResultKey);
      const header = bytes && readableHeader(bytes);
      if (!header) continue;
      const { coordinates } = header;
      all.push({
        address,
        key: key.split("/")[2] as string,
        coordinates: coordinates && Coordinates.fromDefinition(coordinates),
        size,
        age,
        read: async () => {
          const found = await results.store.get(key as ResultKey);
          return found && decodeResult(found).value;
        },
      });
    }
  }
  return all;
}

function readableHeader(bytes: Uint8Array): Header | undefined {
  try {
    return headerOf(bytes);
  } catch {
    return undefined;
  }
}

/** What is kept of a node; a `CacheError` where the cache cannot tell. */
export async function listed(node: Node, results: NodeResults): Promise<EntryInfo[]> {
  try {
    return await results.entries(results.path);
  } catch (error) {
    throw new CacheError(`${node.type}: what is kept cannot be listed`, { cause: error });
  }
}

/** Removes what has expired of a pipeline; tells how many entries. */
export async function sweepCache(root: Node): Promise<number> {
  let removed = 0;
  for (const node of root.pipeline.values()) {
    const results = resultsOf(node.using(root.environment), "all");
    const { storage, storeId } = results.store;
    for (const { key } of await results.expired(results.path)) {
      await storage.delete(storeId, key);
      removed += 1;
    }
  }
  return removed;
}
