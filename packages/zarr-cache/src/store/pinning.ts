import { formatBytes } from "../byte-size.ts";
import { ZarrCacheError } from "../errors.ts";
import type { CacheStorage } from "../storage.ts";
import { entriesOf } from "./cached-entries.ts";

/** More was to be pinned than may be. What was pinned before stays so. */
export class PinLimitError extends ZarrCacheError {
  /** The key for which there was no room. */
  readonly key: string;
  /** Bytes that are pinned, and that may be, in the lowest tier. */
  readonly pinnedBytes: number;
  readonly maxPinnedBytes: number;

  constructor(key: string, pinnedBytes: number, maxPinnedBytes: number) {
    super(
      "PinLimitError",
      `"${key}" cannot be pinned: ${formatBytes(pinnedBytes)} are, and ${formatBytes(maxPinnedBytes)} may be. ` +
        "Unpin something, or raise `maxPinnedBytes` of the index.",
    );
    this.key = key;
    this.pinnedBytes = pinnedBytes;
    this.maxPinnedBytes = maxPinnedBytes;
  }
}

/** A key was to be pinned and is not kept at all. */
export class NotKeptError extends ZarrCacheError {
  readonly key: string;

  constructor(key: string) {
    super(
      "NotKeptError",
      `"${key}" cannot be pinned, since it is not kept: it is larger than \`maxEntryBytes\`, or the source, ` +
        "`shouldCache` or a fault forbade it.",
    );
    this.key = key;
  }
}

/** Pins the whole value of a key; throws {@link PinLimitError} or {@link NotKeptError}. */
export async function pinKey(storage: CacheStorage, storeId: string, key: string): Promise<void> {
  const outcome = await storage.pin({ storeId, key });
  if (outcome === "absent") throw new NotKeptError(key);
  if (outcome === "pinned") return;
  const { pinnedBytes, maxPinnedBytes } = await storage.usage();
  throw new PinLimitError(key, pinnedBytes, maxPinnedBytes);
}

/** The keys of a store that are pinned. */
async function* pinnedKeys(storage: CacheStorage, storeId: string): AsyncIterable<string> {
  const keys = new Set<string>();
  for await (const { key, pinned } of entriesOf(storage, storeId)) if (pinned) keys.add(key);
  yield* keys;
}

/** Lets go of keys, of all that are pinned by default; returns how many were. */
export async function unpinKeys(
  storage: CacheStorage,
  storeId: string,
  keys: Iterable<string> | AsyncIterable<string> = pinnedKeys(storage, storeId),
): Promise<number> {
  let count = 0;
  for await (const key of keys) if (await storage.unpin({ storeId, key })) count++;
  return count;
}
