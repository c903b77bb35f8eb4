import { InvalidArgumentError } from "@zarr-cache/arrays";
import type { ResultCache } from "zarr-cache/memo";
import { CacheError } from "../errors.ts";
import type { Node } from "../node/node.ts";
import { NodeResults } from "./node-results.ts";

const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/;

/** The cache of a node, and the store id that its results are kept under; a {@link CacheError} where it has none. */
export function cacheOf({ type, environment }: Pick<Node, "type" | "environment">): {
  readonly cache: ResultCache;
  readonly storeId: string;
} {
  const { cache, storeId = "nodes" } = environment;
  if (!cache) throw new CacheError(`${type} has no cache: node.using({ cache })`);
  return { cache, storeId };
}

/** Where what is kept under a key is; a key that is impossible is an `InvalidArgumentError`. */
export function resultsOf(node: Node, name: string): NodeResults {
  const { cache, storeId } = cacheOf(node);
  if (typeof name !== "string" || !NAME.test(name))
    throw new InvalidArgumentError("key", name, 'letters, digits, ".", "_" and "-", 1 to 100 of them');
  return new NodeResults(node, cache, storeId);
}
