import type { Coordinates } from "@zarr-cache/arrays";
import type { EntryInfo, Timers } from "zarr-cache";
import { type ResultCache, ResultStore } from "zarr-cache/memo";
import { hashOfJson } from "../definition/hash-of-json.ts";
import type { Node } from "../node/node.ts";
import { paramsBelow, type Session, settingsBelow } from "../node/session.ts";
import { versionBelow } from "../node/versions.ts";

/** A key of a storage. */
export type ResultKey = `/${string}`;

/** Milliseconds that listing entries may take where an evaluation waits for it. */
const DEADLINE = 500;
/** Milliseconds that a cache is left alone after it did not list its entries. */
const REST = 5000;

/** Caches that did not list their entries, and until when they are left alone, in monotonic milliseconds. */
const resting = new WeakMap<ResultStore, number>();

/** The path of all that is kept of a node. */
export function pathOf({ identity }: Pick<Node, "identity">): ResultKey {
  return `/${identity}`;
}

/** Where the results of a node are kept: its identity, the key, what else they follow from, the coordinates. */
export class NodeResults {
  readonly store: ResultStore;
  readonly #node: Node;

  constructor(node: Node, cache: ResultCache, storeId: string) {
    this.#node = node;
    this.store = ResultStore.of(cache, storeId);
  }

  /** The path of all that is kept of the node. */
  get path(): ResultKey {
    return pathOf(this.#node);
  }

  /** The path of outputs that follow from these parameters and the sources as they are. */
  async outputPath(session: Pick<Session, "params" | "versions" | "environment">): Promise<ResultKey> {
    const version = await versionBelow(this.#node, session);
    const params = paramsBelow(this.#node, session.params);
    const settings = settingsBelow(this.#node, session.environment);
    const variant = hashOfJson({ params, settings, version: version?.validator ?? "" });
    return `${this.path}/output/${variant}`;
  }

  /** The key of something that is kept by hand, for coordinates or for none. */
  keyOf(name: string, coordinates: Coordinates | undefined): ResultKey {
    return `${this.path}/${name}/${coordinates?.hash ?? "none"}`;
  }

  /**
   * All entries under a path, for what goes on without them: none where the cache cannot be reached or does not answer in
   * time, and then it is not asked again for a while.
   */
  async entriesInReach(path: string): Promise<EntryInfo[]> {
    const { timers = systemTimers, monotonic = () => performance.now() } = this.#node.environment;
    if ((resting.get(this.store) ?? Number.NEGATIVE_INFINITY) > monotonic()) return [];
    try {
      return await within(DEADLINE, timers, this.entries(path));
    } catch {
      resting.set(this.store, monotonic() + REST);
      return [];
    }
  }

  /** All entries under a path, smallest key first. Rejects where the cache cannot be reached. */
  async entries(path: string): Promise<EntryInfo[]> {
    const now = this.store.storage.now();
    return (await this.#listed(path)).filter(({ missing, expiresAt }) => !missing && expiresAt > now);
  }

  /** All that has expired under a path. */
  async expired(path: string): Promise<EntryInfo[]> {
    const now = this.store.storage.now();
    return (await this.#listed(path)).filter(({ expiresAt }) => expiresAt <= now);
  }

  async #listed(path: string): Promise<EntryInfo[]> {
    const { storage, storeId } = this.store;
    const all: EntryInfo[] = [];
    let cursor: string | undefined;
    do {
      const more = cursor === undefined ? {} : { cursor };
      const page = await storage.entries({ storeId, prefix: `${path}/`, limit: 1000, ...more });
      all.push(...page.entries);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return all;
  }
}

const systemTimers: Timers = {
  set: (callback, milliseconds) => setTimeout(callback, milliseconds),
  clear: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};

/** Waits for an answer for so many milliseconds, then rejects. */
function within<T>(milliseconds: number, timers: Timers, answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = timers.set(() => reject(new Error("The cache does not answer")), milliseconds);
    answer.then(resolve, reject).finally(() => timers.clear(timer));
  });
}
