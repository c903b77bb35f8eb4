import type { Key } from "../key.ts";
import { BoundedMap } from "../store/bounded-map.ts";

/** What earlier answers told of a value. */
export interface KnownValue {
  readonly size: number;
  readonly validator: string | undefined;
  /** Whether its end was read, which in a shard tells where everything is; ranges must then be of the same version. */
  readonly bound: boolean;
}

const MOST = 16_384;

/** Remembers values by key, the latest so many of them that were told or asked for. */
export class KnownValues extends BoundedMap<Key, KnownValue> {
  constructor() {
    super(MOST);
  }

  override get(key: Key): KnownValue | undefined {
    const value = super.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }
}
