import { LRUCache } from "lru-cache";
import { type FullCache, VALUE_BYTES } from "./full-cache.ts";

/** lru-cache with a bound on sizes, as one would use it for chunks; it evicts the least recently used only. */
export class FullLruCache implements FullCache {
  readonly #cache: LRUCache<string, boolean>;

  constructor(keys: readonly string[]) {
    this.#cache = new LRUCache({ max: keys.length, maxSize: keys.length * VALUE_BYTES });
    for (const key of keys) this.admit(key);
  }

  get size(): number {
    return this.#cache.size;
  }

  use(key: string): void {
    if (this.#cache.get(key) === undefined) throw new Error(`lru-cache does not hold ${key}`);
  }

  admit(key: string): void {
    this.#cache.set(key, true, { size: VALUE_BYTES });
  }
}
