import type { Emitter } from "../events.ts";
import type { Part } from "../part.ts";
import type { RangeQuery } from "../range.ts";
import { type CacheStorage, type Invalidation, STORAGE_EVENTS, type StorageEvents } from "../storage.ts";

/** What a `CachedStore` tells its listeners. Those of its storage are told as well, whichever store they concern. */
export interface StoreEvents extends Omit<StorageEvents, "invalidate"> {
  /** Bytes were answered from the cache. */
  readonly hit: {
    readonly key: string;
    readonly range?: RangeQuery;
    readonly tier: string;
    readonly bytes: number;
  };
  /** The source answered. */
  readonly fetch: {
    readonly key: string;
    readonly range?: RangeQuery;
    readonly bytes: number;
    readonly milliseconds: number;
  };
  /** What the source answered is kept. */
  readonly fill: { readonly key: string; readonly range?: RangeQuery; readonly bytes: number };
  /** Bytes past their age were given, since the source failed. */
  readonly stale: {
    readonly key: string;
    readonly range?: RangeQuery;
    readonly age: number;
    readonly error: unknown;
  };
  /**
   * Copies of a path of this store were dropped; or the end of a value was read in another version than before, so that
   * who goes by the old one, the index of a shard, has to read it anew.
   */
  readonly invalidate: Invalidation;
}

/** The names of {@link StoreEvents}. */
export const STORE_EVENTS: Readonly<Record<keyof StoreEvents, true>> = {
  ...STORAGE_EVENTS,
  hit: true,
  fetch: true,
  fill: true,
  stale: true,
};

/** The range of a part, as events tell it. */
export function rangeDetail({ range }: Part): { readonly range?: RangeQuery } {
  return range === undefined ? {} : { range };
}

/** Tells that a part was answered from a tier. */
export function emitHit(
  events: Emitter<StoreEvents>,
  part: Part,
  tier: string,
  value: Uint8Array | undefined,
): void {
  if (events.hears("hit"))
    events.emit("hit", { key: part.key, ...rangeDetail(part), tier, bytes: value?.byteLength ?? 0 });
}

/** Calls back on an event of a store, and of its storage where it concerns the store; returns the way to stop it. */
export function listen<E extends keyof StoreEvents>(
  events: Emitter<StoreEvents>,
  storage: CacheStorage,
  storeId: string,
  event: E,
  listener: (detail: StoreEvents[E]) => void,
): () => void {
  const own = events.on(event, listener);
  if (!Object.hasOwn(STORAGE_EVENTS, event)) return own;
  const below = storage.on(event as keyof StorageEvents, (detail) => {
    if ("storeId" in detail && detail.storeId !== storeId) return;
    if ("part" in detail && detail.part.storeId !== storeId) return;
    return listener(detail as StoreEvents[E]);
  });
  return () => {
    own();
    below();
  };
}

/** Tells of rules that no key was read for. */
export function warnOfUnusedRules(
  events: Emitter<StoreEvents>,
  storeId: string,
  patterns: readonly string[],
): void {
  for (const pattern of patterns)
    events.emit("warning", {
      tier: "store",
      message: `No key of store "${storeId}" was read that the rule for "${pattern}" means.`,
    });
}
