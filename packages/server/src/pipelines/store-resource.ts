import { createHash } from "node:crypto";
import type { Resource, ResourceVersion } from "@zarr-cache/nodes";
import type { CachedStore, Clock, RangeQuery, ReadOptions } from "zarr-cache";
import { readValue } from "../stores/read-value.ts";
import type { Nodes } from "./load-nodes.ts";

type Key = `/${string}`;

/** A configured store, as a pipeline finds it. */
export interface ReadableByPipelines {
  readonly store: CachedStore;
  /** How long its chunks are fresh, in milliseconds, where that is told as a time. */
  readonly dataAge: number | undefined;
}

/**
 * A configured store as a resource of its id, read through the cache. Bytes are copies, since who decodes them may write to
 * them.
 */
export function storeResource(
  { resource }: Nodes,
  id: string,
  { store, dataAge }: ReadableByPipelines,
  clock: Clock = Date.now,
): Resource {
  const readable = {
    get: async (key: Key, options?: ReadOptions) => (await store.get(key, options))?.slice(),
    // Anew for each array, which remembers by it which version of a shard it reads.
    get getRange() {
      const read = store.getRange.bind(store);
      return async (key: Key, range: RangeQuery, options?: ReadOptions) =>
        (await read(key, range, options))?.slice();
    },
    list: (prefix?: string) => store.list(prefix),
  };
  return resource(id, readable, { version: () => versionOf(store, dataAge, clock()) });
}

/** The documents at the root of a store, of both versions of Zarr. */
const DOCUMENTS: readonly Key[] = ["/zarr.json", "/.zmetadata", "/.zgroup", "/.zattrs"];
/** Several wait for the same answer. */
const NEVER_ABORTED = new AbortController();

/**
 * The version of a whole store: that of its metadata, and where its chunks are only good for a time, the time. Results of the
 * version before are then made again.
 */
async function versionOf(
  store: CachedStore,
  dataAge: number | undefined,
  now: number,
): Promise<ResourceVersion> {
  const documents = await Promise.all(DOCUMENTS.map((key) => versionOfDocument(store, key)));
  const period =
    dataAge === undefined || dataAge === Number.POSITIVE_INFINITY || dataAge === 0
      ? undefined
      : Math.floor(now / dataAge);
  const validator = JSON.stringify([store.identity ?? store.storeId, documents, period ?? null]);
  return period === undefined ? { validator } : { validator, expiresAt: (period + 1) * (dataAge as number) };
}

async function versionOfDocument(store: CachedStore, key: Key): Promise<string | null> {
  const { value, answer } = await readValue(store, key, undefined, NEVER_ABORTED);
  if (value === undefined) return null;
  return answer.validator ?? createHash("sha256").update(value).digest("hex");
}
