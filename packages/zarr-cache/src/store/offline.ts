import { ZarrCacheError } from "../errors.ts";
import { classOf, directoryOf, type Key } from "../key.ts";
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

/** Documents of a version of Zarr: those that a node has one of, all, and what may list those of a whole store. */
interface VersionDocuments {
  readonly nodes: readonly string[];
  readonly all: readonly string[];
  readonly consolidated: string;
}

const V3: VersionDocuments = { nodes: ["zarr.json"], all: ["zarr.json"], consolidated: "zarr.json" };
const V2: VersionDocuments = {
  nodes: [".zarray", ".zgroup"],
  all: [".zarray", ".zgroup", ".zattrs", ".zmetadata"],
  consolidated: ".zmetadata",
};

/**
 * Reads a part from the cache alone, whatever its age, if it `fits` what was read before. Metadata that is not cached is
 * missing where what is cached says so: consolidated metadata that does not list it, or a document that excludes it.
 * Whatever else is not cached rejects with {@link OfflineError}: it would look like a missing chunk, and read as fill
 * values.
 */
export async function readOffline(
  storage: CacheStorage,
  listing: Listing,
  part: Part,
  fits: (hit: CacheHit) => boolean,
): Promise<CacheHit | { readonly value: undefined; readonly owned: true; readonly tier?: undefined }> {
  const hit = await storage.get(part);
  if (hit !== undefined && fits(hit)) return hit;
  const { storeId, key } = part;
  const isThere = async (document: string) =>
    (await storage.get({ storeId, key: document }))?.value !== undefined;
  if (classOf(key) === "metadata" && (await isExcluded(key, isThere, listing)))
    return { value: undefined, owned: true };
  throw new OfflineError(storeId, key);
}

/**
 * Whether other documents say that one is not there. A node is of one kind. It is taken to be of one version as well, so
 * that what was read as one version opens offline in readers that look for the other first; but not where something of
 * that other version is cached at the node or above it, since a dataset may hold both.
 */
async function isExcluded(
  key: string,
  isThere: (document: string) => Promise<boolean>,
  listing: Listing,
): Promise<boolean> {
  const directory = directoryOf(key);
  const name = key.slice(directory.length);
  const [own, other] = name === "zarr.json" ? [V3, V2] : [V2, V3];
  const anyOf = async (names: readonly string[], place = directory) => {
    for (const each of names) if (await isThere(place + each)) return true;
    return false;
  };
  if (own.nodes.includes(name) && (await anyOf(own.nodes))) return true;
  const lists = key === `/${own.consolidated}` ? undefined : await listing.documents([own.consolidated]);
  if (lists !== undefined) return !lists.has(key);
  for (let place = directory; place !== ""; place = directoryOf(place.slice(0, -1)))
    if (await anyOf(own.all, place)) return false;
  return (await anyOf(other.nodes)) || (await listing.documents([other.consolidated])) !== undefined;
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
