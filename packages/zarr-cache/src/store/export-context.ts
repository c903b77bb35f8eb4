import type { Key } from "../key.ts";
import type { ExportContext } from "./exporting.ts";
import { cachedKeys } from "./offline.ts";
import type { StoreRooms } from "./store-rooms.ts";

/** What an export reads: with `isLocal` from the cache alone, else through it. */
export function exportContext(
  { storeId, storage, listing, isOffline, desk }: StoreRooms,
  get: (key: Key, signal?: AbortSignal) => Promise<Uint8Array | undefined>,
  cachedOnly: boolean,
): ExportContext {
  const isLocal = cachedOnly || isOffline;
  const cached = (path: string) => cachedKeys(storage, storeId, path);
  const keys = isLocal ? cached : (path: string) => listing.keys(path);
  return {
    value: isLocal ? (key) => desk.offline({ storeId, key }) : get,
    read: isLocal ? async (key) => (await storage.get({ storeId, key }))?.value : (key) => get(key),
    keys,
    cached: () => cached("/"),
    listed: isLocal || !listing.tellsKeys ? undefined : keys,
    isMissing: async (key) => {
      const hit = await storage.get({ storeId, key });
      return hit !== undefined && hit.value === undefined;
    },
  };
}
