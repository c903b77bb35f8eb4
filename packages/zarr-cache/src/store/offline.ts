import { ZarrCacheError } from "../errors.ts";
import { classOf, type Key } from "../key.ts";
import type { Part } from "../part.ts";
import type { CacheHit, CacheStorage } from "../storage.ts";
import type { EntryInfo } from "../store-index.ts";
import { cachedParts } from "./cached-entries.ts";
import type { Listing } from "./listing.ts";
import type { Source } from "./source.ts";

/** Something that is not cached was asked of a store that is offline. */
export class OfflineError extends ZarrCacheError {
  readonly storeId: string;
  readonly key: string;

  constructor(storeId: string, key: string) {
    super(
      "OfflineError",
      `"${key}" of store "${storeId}" is not cached, and the store is offline; ` +
        "warm or import it while there is a connection, or open the store without `offline`.",
    );
    this.storeId = storeId;
    this.key = key;
  }
}

/** Documents whose presence says that a node, being of one kind and version, does not have another. */
const EXCLUDED_BY: Readonly<Record<string, readonly string[]>> = {
  "zarr.json": [".zarray", ".zgroup"],
  ".zarray": ["zarr.json", ".zgroup"],
  ".zgroup": ["zarr.json", ".zarray"],
  ".zattrs": ["zarr.json"],
  ".zmetadata": ["zarr.json"],
};

/**
 * Reads a part from the cache alone, whatever its age. Metadata that is not cached is missing where what is cached says
 * so: consolidated metadata that does not list it, or a document that excludes it. Whatever else is not cached rejects
 * with {@link OfflineError}: it would look like a missing chunk, and read as fill values.
 */
export async function readOffline(
  storage: CacheStorage,
  listing: Listing,
  part: Part,
): Promise<CacheHit | { readonly value: undefined; readonly owned: true; readonly tier?: undefined }> {
  const hit = await storage.get(part);
  if (hit !== undefined) return hit;
  const { storeId, key } = part;
  if (classOf(key) === "metadata") {
    const slash = key.lastIndexOf("/") + 1;
    for (const name of EXCLUDED_BY[key.slice(slash)] ?? []) {
      const other = await storage.get({ storeId, key: key.slice(0, slash) + name });
      if (other?.value !== undefined) return { value: undefined, owned: true };
    }
    const isConsolidated = key === "/zarr.json" || key === "/.zmetadata";
    const listed = isConsolidated ? undefined : await listing.documents();
    if (listed !== undefined && !listed.has(key)) return { value: undefined, owned: true };
  }
  throw new OfflineError(storeId, key);
}

/** Stands in for the source of a store that is offline: lists what is cached, and reads nothing. */
export function offlineSource(storage: CacheStorage, storeId: string): Source {
  return {
    get: (key: Key) => Promise.reject(new OfflineError(storeId, key)),
    keys: (prefix = "/") => cachedKeys(storage, storeId, prefix, "parts"),
    async getSize(prefix = "/") {
      let bytes = 0;
      for await (const parts of cachedParts(storage, storeId, prefix))
        for (const { missing, size } of parts) if (!missing) bytes += size;
      return bytes;
    },
  };
}

/** Keys below a path that are cached: whole, or with `"parts"` also those of which only ranges are. */
export async function* cachedKeys(
  storage: CacheStorage,
  storeId: string,
  prefix: string,
  which: "wholes" | "parts" = "wholes",
): AsyncIterable<string> {
  const counts = ({ missing, range }: EntryInfo) => !missing && (range === undefined || which === "parts");
  for await (const parts of cachedParts(storage, storeId, prefix)) if (parts.some(counts)) yield parts[0].key;
}
