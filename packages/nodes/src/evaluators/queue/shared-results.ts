import { type Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import type { ResultCache } from "zarr-cache/memo";
import { NodeResults, type ResultKey } from "../../cache/node-results.ts";
import { decodeResult, encodeResult } from "../../cache/result-codec.ts";
import { hashOfJson } from "../../definition/hash-of-json.ts";
import type { Environment } from "../../node/environment.ts";
import type { Node } from "../../node/node.ts";
import { checkedParams, settingsBelow } from "../../node/session.ts";
import type { Params } from "../evaluator.ts";

/** How long values that are lent to one evaluation may wait for it: 10 minutes. */
const LENT_FOR = 600_000;

/** The results of a node in the cache that evaluators and workers share, with the versions of its sources as they are now. */
export class SharedResults {
  readonly #results: NodeResults;
  readonly #path: ResultKey;

  private constructor(results: NodeResults, path: ResultKey) {
    this.#results = results;
    this.#path = path;
  }

  /** Those of a node whose environment has this cache. */
  static async of(
    node: Node,
    {
      cache,
      storeId = "nodes",
      params,
    }: Pick<Environment, "storeId"> & { cache: ResultCache; params: Params },
  ): Promise<SharedResults> {
    await node.ready();
    const results = new NodeResults(node, cache, storeId);
    const { environment } = node;
    const session = { environment, params: checkedParams(node, params), versions: new Map() };
    return new SharedResults(results, await results.outputPath(session));
  }

  /** The key of the values at coordinates, as evaluations of the node keep them. */
  keyOf({ hash }: Pick<Coordinates, "hash">): ResultKey {
    return `${this.#path}/${hash}`;
  }

  /** Values that are kept under a key, if they are an array. */
  async read(key: ResultKey): Promise<UnitsDataArray | undefined> {
    const bytes = await this.#results.store.get(key);
    const value = bytes && decodeResult(bytes).value;
    return value instanceof UnitsDataArray ? value : undefined;
  }

  /** Whether something is kept under a key, once everything that is being kept now is. */
  async has(key: ResultKey): Promise<boolean> {
    await this.#results.store.storage.idle();
    return this.#results.store.has(key);
  }

  /** Keeps values for one evaluation, for a short time; tells the key, or undefined where the cache does not take them. */
  async lend(id: string, array: UnitsDataArray): Promise<ResultKey | undefined> {
    const { store } = this.#results;
    const key: ResultKey = `${this.#results.path}/lent/${id}`;
    const bytes = encodeResult(array.with({ attrs: {} }));
    const expiresAt = store.storage.now() + LENT_FOR;
    return (await store.put(key, { bytes, cost: 1, expiresAt })) ? key : undefined;
  }

  /** Drops what was lent. */
  drop(key: ResultKey): Promise<void> {
    const { storage, storeId } = this.#results.store;
    return storage.delete(storeId, key);
  }
}

/** What the settings below a node come down to: results of other settings are other results. */
export function settingsHash(node: Node): string {
  return hashOfJson(settingsBelow(node, node.environment));
}
