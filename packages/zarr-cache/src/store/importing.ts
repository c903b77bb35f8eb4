import { InvalidOptionError, InvalidValueError } from "../errors.ts";
import { assertKey, type Key } from "../key.ts";
import { assertKnownOptions, assertProgress, assertSignal } from "../options.ts";
import { copyBytes } from "../range.ts";
import type { CacheStorage } from "../storage.ts";
import { arrayKeysIfTold } from "./array-keys.ts";
import { kindOf, tellsOfArrays } from "./consolidated.ts";
import { type CopyProgress, PARTIAL_MARK } from "./exporting.ts";
import { eachOf } from "./many-keys.ts";

/** Keys with their values, such as a `Map`, or what `zarr-cache/node` reads of a directory or a tar file. */
export type ImportSource =
  | Iterable<readonly [key: string, value: Uint8Array]>
  | AsyncIterable<readonly [key: string, value: Uint8Array]>;

/** Options of `import`. */
export interface ImportOptions {
  /** Called after each value. */
  readonly onProgress?: (progress: CopyProgress) => void;
  /** Ends it; what was imported stays. */
  readonly signal?: AbortSignal;
}

/** What an import did. */
export interface ImportReport extends CopyProgress {
  /** Values that the cache did not keep, for want of room. */
  readonly refused: number;
  /** Chunks of whole arrays that have no value, which the cache knows now. */
  readonly missing: number;
}

/**
 * Puts values into a storage as those of a store. What is not there of an array is known to be missing afterwards,
 * unless the source has the mark of a partial export.
 */
export async function importValues(
  storage: CacheStorage,
  storeId: string,
  source: ImportSource,
  options: ImportOptions,
): Promise<ImportReport> {
  assertKnownOptions("import", options, ["onProgress", "signal"]);
  const { onProgress, signal } = options;
  assertProgress(onProgress);
  assertSignal("signal", signal);
  if (
    typeof source !== "object" ||
    source === null ||
    !(Symbol.iterator in source || Symbol.asyncIterator in source)
  )
    throw new InvalidOptionError("source", source, "keys with their values, such as a Map");
  let [done, bytes, refused, missing, isPartial] = [0, 0, 0, 0, false];
  // Copies above other tiers, and decoded ones, hear of what is dropped alone.
  const put = async (key: Key, value: Uint8Array | undefined) => {
    await storage.delete(storeId, key);
    return storage.put({ storeId, key }, value);
  };
  const documents = new Map<Key, Uint8Array>();
  const known = new Set<string>();
  const importOne = async ([key, value]: readonly [key: string, value: Uint8Array]) => {
    assertKey(key);
    if (!(value instanceof Uint8Array)) throw new InvalidValueError(key, value, "The value");
    if (key === PARTIAL_MARK) {
      isPartial = true;
      return;
    }
    known.add(key);
    if (tellsOfArrays(key)) documents.set(key, copyBytes(value));
    if (await put(key, copyBytes(value))) {
      done++;
      bytes += value.byteLength;
    } else refused++;
    onProgress?.({ done, total: undefined, bytes });
  };
  await eachOf(source, 1, importOne, signal);
  if (isPartial) return { done, total: done, bytes, refused, missing };
  for (const key of documents.keys())
    for (const own of await chunksOf(key, documents)) {
      if (known.has(own)) continue;
      signal?.throwIfAborted();
      if (await put(own, undefined)) missing++;
    }
  return { done, total: done, bytes, refused, missing };
}

/** The keys of the array that a document describes; none where it describes a group, or does not tell. */
async function chunksOf(key: Key, documents: ReadonlyMap<string, Uint8Array>): Promise<readonly Key[]> {
  if (!kindOf(key, documents.get(key)).isArray) return [];
  const array = key.slice(0, key.lastIndexOf("/"));
  return (await arrayKeysIfTold(async (name) => documents.get(name), array)) ?? [];
}
