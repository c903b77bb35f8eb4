import { CachedStore } from "../cached-store.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import type { CacheStorage } from "../storage.ts";

/** Arrays whose chunks may be the same: those of one store. */
export interface StoreScope {
  readonly id: string;
  /** Learns what was invalidated elsewhere; false when it cannot be known, so that nothing kept may be answered. */
  catchUp(): MaybePromise<boolean>;
}

/** What is used of a store that tells when its copies are dropped, such as a `CachedStore`. */
interface TellingStore {
  on(event: "invalidate", listener: (detail: { readonly path: string }) => void): () => void;
  readonly storage?: Pick<CacheStorage, "catchUp">;
}

/** Tells stores apart, and hears what they invalidate. */
export class StoreScopes {
  readonly #byObject = new WeakMap<object, StoreScope>();
  /** Two `CachedStore`s with the same id on the same storage read the same data. */
  readonly #byStorage = new WeakMap<object, Map<string, StoreScope>>();
  readonly #onInvalidate: (scope: string, path: string) => void;
  readonly #stops: (() => void)[] = [];
  #made = 0;

  constructor(onInvalidate: (scope: string, path: string) => void) {
    this.#onInvalidate = onInvalidate;
  }

  /** The scope of a store. Others are told apart by the object. */
  of(store: object): StoreScope {
    const known = this.#byObject.get(store);
    if (known !== undefined) return known;
    const scope = isCachedStore(store) ? this.#ofCached(store) : this.#make(store, () => "/");
    this.#byObject.set(store, scope);
    return scope;
  }

  /** Hears nothing any more. */
  close(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  #ofCached(store: CachedStore): StoreScope {
    let byId = this.#byStorage.get(store.storage);
    if (byId === undefined) {
      byId = new Map();
      this.#byStorage.set(store.storage, byId);
    }
    const scope = byId.get(store.storeId) ?? this.#make(store, (path) => path);
    byId.set(store.storeId, scope);
    return scope;
  }

  /**
   * A store extension around a `CachedStore` passes its events on, but may have given the keys other names: there
   * `pathOf` takes every path for everything.
   */
  #make(store: object, pathOf: (path: string) => string): StoreScope {
    const id = String(++this.#made);
    const { on, storage } = store as Partial<TellingStore>;
    if (typeof on === "function")
      this.#stops.push(
        (store as TellingStore).on("invalidate", ({ path }) => this.#onInvalidate(id, pathOf(path))),
      );
    return {
      id,
      catchUp: typeof storage?.catchUp === "function" ? () => storage.catchUp() : () => true,
    };
  }
}

/** Whether this is a `CachedStore` itself and not an extension around one, which looks the same from outside. */
function isCachedStore(store: object): store is CachedStore {
  if (!(store instanceof CachedStore)) return false;
  try {
    // A getter of a private field works on the object that has it, and on no proxy.
    Reflect.get(CachedStore.prototype, "identity", store);
    return true;
  } catch {
    return false;
  }
}
