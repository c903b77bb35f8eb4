import { type CanonicalValue, type Coordinates, hashOf } from "@zarr-cache/arrays";
import { type EntryInfo, isZarrCacheError } from "zarr-cache";
import { type ResultCache, ResultStore } from "zarr-cache/memo";
import type { Node } from "../node/node.ts";
import { paramsBelow, type Session, settingsBelow } from "../node/session.ts";
import { versionBelow } from "../node/versions.ts";

/** A key of a storage. */
export type ResultKey = `/${string}`;

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
    return `/${this.#node.identity}`;
  }

  /** The path of outputs that follow from these parameters and the sources as they are. */
  async outputPath(session: Pick<Session, "params" | "versions" | "environment">): Promise<ResultKey> {
    const version = await versionBelow(this.#node, session);
    const params = paramsBelow(this.#node, session.params);
    const settings = settingsBelow(this.#node, session.environment);
    const variant = hashOf({ params, settings, version: version?.validator ?? "" } as CanonicalValue);
    return `${this.path}/output/${variant}`;
  }

  /** The key of something that is kept by hand, for coordinates or for none. */
  keyOf(name: string, coordinates: Coordinates | undefined): ResultKey {
    return `${this.path}/${name}/${coordinates?.hash ?? "none"}`;
  }

  /** All entries under a path, smallest key first. A cache that cannot be reached has none. */
  async entries(path: string): Promise<EntryInfo[]> {
    const all: EntryInfo[] = [];
    let cursor: string | undefined;
    try {
      do {
        const page = await this.store.storage.entries({
          storeId: this.store.storeId,
          prefix: `${path}/`,
          limit: 1000,
          ...(cursor !== undefined && { cursor }),
        });
        all.push(...page.entries);
        cursor = page.cursor;
      } while (cursor !== undefined);
    } catch (error) {
      if (!isZarrCacheError(error)) throw error;
    }
    const now = this.store.storage.now();
    return all.filter(({ missing, expiresAt }) => !missing && expiresAt > now);
  }
}
