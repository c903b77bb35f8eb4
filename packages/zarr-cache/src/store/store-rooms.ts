import { Emitter } from "../events.ts";
import { assertKey } from "../key.ts";
import type { CacheStorage } from "../storage.ts";
import { Binding } from "./binding.ts";
import { FrontDesk, type FrontDeskContext } from "./front-desk.ts";
import { Listing, type ReadDocument } from "./listing.ts";
import { Reader } from "./reader.ts";
import type { SourceLike } from "./source.ts";
import { StoreCounters } from "./statistics.ts";
import { STORE_EVENTS, type StoreEvents } from "./store-events.ts";
import { type CachedStoreOptions, parseStoreParts, type StoreParts } from "./store-options.ts";

/** What a `CachedStore` is made of, and what its methods work with. */
export interface StoreRooms extends FrontDeskContext, StoreParts {
  readonly desk: FrontDesk;
  /** A metadata document, for listing; offline, one that is not cached is none. */
  readonly document: ReadDocument;
}

/** Checks what a store is given and puts it together; throws `InvalidOptionError` or `InvalidSourceError`. */
export function openRooms(
  source: SourceLike,
  storeId: string,
  storage: CacheStorage,
  options: CachedStoreOptions,
): StoreRooms {
  const parts = parseStoreParts(source, storeId, storage, options);
  const { isOffline } = parts;
  const binding = new Binding(storage, storeId, parts.identity);
  const counters = new StoreCounters();
  const events = new Emitter<StoreEvents>(STORE_EVENTS, "store");
  const own = { storeId, storage, counters, events };
  const reader = new Reader({ ...parts, ...own, bound: () => binding.bound() });
  const document: ReadDocument = async (key) => {
    assertKey(key);
    return isOffline ? (await storage.get({ storeId, key }))?.value : desk.read(key, undefined, undefined);
  };
  const listing = new Listing(parts, document);
  const context = { ...parts, ...own, binding, reader, listing };
  const desk = new FrontDesk(context);
  return { ...context, desk, document };
}
