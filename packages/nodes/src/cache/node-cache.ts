/**
 * What is kept of a node, for people: outputs as `eval` keeps them, and whatever else is put there by hand. A key with
 * coordinates and the same key without are two entries; one that has expired does not exist.
 */
import { Coordinates, type UnitsDataArray } from "@zarr-cache/arrays";
import { CacheError } from "../errors.ts";
import type { Params } from "../evaluators/evaluator.ts";
import { evaluateNode, planOf, valuesAt } from "../node/evaluate.ts";
import type { Node } from "../node/node.ts";
import { checkedParams, type Session } from "../node/session.ts";
import { listed } from "./cache-entries.ts";
import { cachedOnly } from "./cached-values.ts";
import { type Expires, remaining } from "./expiry.ts";
import { type NodeResults, pathOf, type ResultKey } from "./node-results.ts";
import { decodeResult, encodeResult, type Keepable, type Kept } from "./result-codec.ts";
import { cacheOf, resultsOf } from "./results-of.ts";

/** How something is looked up. */
export interface GetCacheOptions {
  /** Computes what is absent and keeps it: of outputs with `true`, of anything else with the function. */
  readonly evaluate?: boolean | (() => Keepable | Promise<Keepable>);
  /** Of outputs: the values of parameters. */
  readonly params?: Params;
}

/** How something is kept. */
export interface PutCacheOptions {
  /** When it ends: never unless told. */
  readonly expires?: Expires;
  /** Whether what is there already may be replaced: yes unless told. */
  readonly overwrite?: boolean;
  /** Of outputs: the values of parameters. */
  readonly params?: Params;
}

/** Reads what is kept; a {@link CacheError} where it is absent. */
export async function getCache(
  node: Node,
  name: string,
  coordinates: Coordinates | undefined,
  options: GetCacheOptions,
): Promise<Kept["value"]> {
  const results = resultsOf(node, name);
  if (name === "output" && coordinates) return getOutput(node, coordinates, options);
  const key = results.keyOf(name, coordinates);
  const { evaluate } = options;
  if (typeof evaluate !== "function") {
    const bytes = await results.store.get(key);
    if (!bytes) throw absent(node, name, coordinates);
    return decodeResult(bytes).value;
  }
  const bytes = await results.store.resolve({ id: key, key: async () => key }, async () => {
    const started = performance.now();
    const encoded = encodeResult(await evaluate(), about(coordinates));
    return { bytes: encoded, cost: performance.now() - started, expiresAt: Number.POSITIVE_INFINITY };
  });
  return decodeResult(bytes).value;
}

async function getOutput(
  node: Node,
  coordinates: Coordinates,
  options: GetCacheOptions,
): Promise<UnitsDataArray> {
  await node.ready();
  const session = sessionOf(node, options.params);
  return evaluateNode(node, coordinates, session, async (target) => {
    const found = await cachedOnly(node, target, session);
    if (found) return found;
    if (options.evaluate !== true) throw absent(node, "output", coordinates);
    return valuesAt(node, target, session);
  });
}

/** Keeps a result. Of outputs, those that `eval` would give. */
export async function putCache(
  node: Node,
  name: string,
  coordinates: Coordinates | undefined,
  data: Keepable,
  { expires, overwrite = true, params }: PutCacheOptions,
): Promise<void> {
  const results = resultsOf(node, name);
  const { storage } = results.store;
  const now = node.environment.now ?? Date.now;
  const left = expires === undefined ? Number.POSITIVE_INFINITY : remaining(expires, now());
  if (!overwrite && (await hasCache(node, name, coordinates, params)))
    throw new CacheError(`${node.type}: ${JSON.stringify(name)} is kept already, and overwrite is false`);
  const { key, labels } = await placeOf(node, results, name, coordinates, params);
  const bytes = encodeResult(data, about(labels));
  const kept =
    left > 0 && (await results.store.put(key, { bytes, cost: 1, expiresAt: storage.now() + left }));
  if (left <= 0) await storage.delete(results.store.storeId, key);
  else if (!kept) throw new CacheError(`${node.type}: ${JSON.stringify(name)} could not be kept`);
}

/** Whether something is kept and has not expired. */
export async function hasCache(
  node: Node,
  name: string,
  coordinates: Coordinates | undefined,
  params?: Params,
): Promise<boolean> {
  const results = resultsOf(node, name);
  if (name !== "output" || !coordinates) return results.store.has(results.keyOf(name, coordinates));
  await node.ready();
  const { target } = planOf(node, coordinates);
  return (await cachedOnly(node, target, sessionOf(node, params))) !== undefined;
}

/**
 * Drops what is kept: one entry, all of a key with the coordinates `"*"`, with the key `"*"` everything of the node, or
 * everything for these coordinates.
 */
export async function delCache(
  node: Node,
  name: string,
  coordinates: Coordinates | "*" | undefined,
  params?: Params,
): Promise<void> {
  const results = resultsOf(node, name === "*" ? "all" : name);
  const { storage, storeId } = results.store;
  if (name === "*" && coordinates instanceof Coordinates) return delAllFor(node, results, coordinates);
  if (name === "*") return storage.invalidate(storeId, results.path);
  if (coordinates === "*") return storage.invalidate(storeId, `${results.path}/${name}`);
  const { key } = await placeOf(node, results, name, coordinates, params);
  return storage.delete(storeId, key);
}

/** Drops what is kept for coordinates, whatever its key; of outputs, of all parameters and versions. */
async function delAllFor(node: Node, results: NodeResults, coordinates: Coordinates): Promise<void> {
  await node.ready();
  const hashes = [coordinates.hash, planOf(node, coordinates).target.hash];
  const { storage, storeId } = results.store;
  for (const { key } of await listed(node, results))
    if (hashes.includes(key.slice(key.lastIndexOf("/") + 1))) await storage.delete(storeId, key);
}

/** Where a result is kept: the store id and the key in it. */
export async function cachePath(
  node: Node,
  name: string,
  coordinates: Coordinates | undefined,
): Promise<string> {
  const results = resultsOf(node, name);
  const { key } = await placeOf(node, results, name, coordinates, undefined);
  return `${results.store.storeId}${key}`;
}

/** Where all results of a node are kept. */
export function cacheDir(node: Pick<Node, "type" | "environment" | "identity">): string {
  return `${cacheOf(node).storeId}${pathOf(node)}`;
}

async function placeOf(
  node: Node,
  results: NodeResults,
  name: string,
  coordinates: Coordinates | undefined,
  params: Params | undefined,
): Promise<{ readonly key: ResultKey; readonly labels: Coordinates | undefined }> {
  if (name !== "output" || !coordinates)
    return { key: results.keyOf(name, coordinates), labels: coordinates };
  await node.ready();
  const { target } = planOf(node, coordinates);
  return { key: `${await results.outputPath(sessionOf(node, params))}/${target.hash}`, labels: target };
}

function sessionOf(node: Node, params: Params | undefined): Session {
  const { environment } = node;
  return {
    environment,
    signal: undefined,
    cache: "use",
    params: checkedParams(node, params),
    versions: new Map(),
  };
}

function about(coordinates: Coordinates | undefined) {
  return coordinates ? { coordinates: coordinates.definition } : {};
}

function absent(node: Node, name: string, coordinates: Coordinates | undefined): CacheError {
  const where = coordinates ? ` for ${coordinates.dims.join(", ")}` : "";
  return new CacheError(`${node.type}: ${JSON.stringify(name)}${where} is not kept, or has expired`);
}
