import type { Emitter } from "../events.ts";
import type { Part } from "../part.ts";
import type { RangeQuery } from "../range.ts";
import { type Invalidation, STORAGE_EVENTS, type StorageEvents } from "../storage.ts";

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
  /** Copies of a path of this store were dropped. */
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
