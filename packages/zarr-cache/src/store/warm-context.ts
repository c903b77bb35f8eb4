import type { Key } from "../key.ts";
import type { CacheStorage } from "../storage.ts";
import type { FrontDesk } from "./front-desk.ts";
import { pinKey } from "./pinning.ts";
import type { AskOptions, ReadOptions } from "./store-options.ts";
import type { WarmContext, Warmed } from "./warming.ts";

/** The store that is warmed. */
export interface WarmedStore {
  readonly storeId: string;
  readonly storage: CacheStorage;
  get(key: Key, options: ReadOptions): Promise<Uint8Array | undefined>;
  keys(path: string, options: AskOptions): AsyncIterable<string>;
}

/**
 * What `warm` works with: the front desk of the store that is warmed. `assertUsable` throws where the store is closed, or
 * the key is none.
 */
export function warmContext(
  store: WarmedStore,
  desk: FrontDesk,
  assertUsable: (key: Key) => void,
): WarmContext {
  return {
    keys: (path, signal) => store.keys(path, { signal }),
    async document(key, signal) {
      const fromCache = (await desk.known(key as Key)) !== undefined;
      return { value: await store.get(key as Key, { signal: signal ?? null }), fromCache };
    },
    warm(key, signal, pin) {
      assertUsable(key as Key);
      return warmKey(store, desk, key as Key, signal, pin);
    },
  };
}

/** Has a key cached, and tells whether it was. */
async function warmKey(
  { storeId, storage }: WarmedStore,
  desk: FrontDesk,
  key: Key,
  signal: AbortSignal | undefined,
  pin: boolean,
): Promise<Warmed> {
  const known = await desk.known(key);
  let warmed: Warmed;
  if (known !== undefined)
    warmed = { missing: known.missing, bytes: known.size, fromCache: true, isKept: true };
  else {
    const value = await desk.prefetch(key, signal, pin ? "pin" : "prefetch");
    const isKept = pin || (await storage.peek({ storeId, key })) !== undefined;
    warmed = { missing: value === undefined, bytes: value?.byteLength ?? 0, fromCache: false, isKept };
  }
  // That a key is missing is known for a short time only.
  if (pin && !warmed.missing) await pinKey(storage, storeId, key);
  return warmed;
}
