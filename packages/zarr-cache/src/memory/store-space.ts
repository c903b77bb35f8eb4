import { ShardedMap } from "./sharded-map.ts";

/** The entries of one store id: slots by key for wholes, by key and range for ranges, and their totals. */
export class StoreSpace {
  readonly storeId: string;
  identity: string | undefined;
  entries = 0;
  /** Charged, condemned and reserved bytes included. */
  bytes = 0;
  condemnedBytes = 0;
  evictions = 0;
  readonly #wholes = new ShardedMap();
  readonly #ranges = new Map<string, Map<string, number>>();

  constructor(storeId: string) {
    this.storeId = storeId;
  }

  /** The slot of a whole value. */
  whole(key: string): number | undefined {
    return this.#wholes.get(key);
  }

  /** The slot of exactly this part; `range` is `""` for the whole. */
  find(key: string, range: string): number | undefined {
    return range === "" ? this.#wholes.get(key) : this.#ranges.get(key)?.get(range);
  }

  insert(key: string, range: string, slot: number): void {
    if (range === "") {
      this.#wholes.set(key, slot);
      return;
    }
    const ranges = this.#ranges.get(key);
    if (ranges === undefined) this.#ranges.set(key, new Map([[range, slot]]));
    else ranges.set(range, slot);
  }

  remove(key: string, range: string): void {
    if (range === "") {
      this.#wholes.delete(key);
      return;
    }
    const ranges = this.#ranges.get(key);
    if (ranges?.delete(range) && ranges.size === 0) this.#ranges.delete(key);
  }

  /** The slots of the ranges of one key. */
  ranges(key: string): readonly number[] {
    const ranges = this.#ranges.size === 0 ? undefined : this.#ranges.get(key);
    return ranges === undefined ? NONE : [...ranges.values()];
  }

  /** The slots of all parts of one key. */
  parts(key: string): readonly number[] {
    const whole = this.#wholes.get(key);
    return whole === undefined ? this.ranges(key) : [...this.ranges(key), whole];
  }
}

const NONE: readonly number[] = [];
