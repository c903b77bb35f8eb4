import { MemoryStoreIndex } from "zarr-cache";
import { fillIndex } from "../frame/fill-index.ts";
import { seededRandom } from "../frame/seeded-random.ts";
import { type FullCache, VALUE_BYTES } from "./full-cache.ts";

/** The memory index under its default policy, filled in the steps that a fill takes. */
export class FullMemoryIndex implements FullCache {
  readonly index: MemoryStoreIndex;
  /** Newcomers that the policy did not admit; near none where all are alike. */
  refused = 0;
  readonly #random = seededRandom(7);

  constructor(keys: readonly string[]) {
    this.index = new MemoryStoreIndex({
      maxBytes: Number.MAX_SAFE_INTEGER,
      maxEntries: keys.length,
      maxEntryBytes: VALUE_BYTES,
    });
    this.index.open();
    this.index.markClean();
    for (const key of keys) this.admit(key);
  }

  get size(): number {
    return this.index.usage().entries;
  }

  use(key: string): void {
    if (this.index.lookup({ storeId: "era5", key }) === undefined)
      throw new Error(`The index does not hold ${key}`);
  }

  admit(key: string): void {
    const cost = 1 + this.#random();
    const want = { footprint: VALUE_BYTES, size: VALUE_BYTES, cost, weight: 1 };
    if (!fillIndex(this.index, { storeId: "era5", key }, want)) this.refused++;
  }
}
