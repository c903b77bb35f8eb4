import type { Key } from "../key.ts";

/** What earlier answers told of a value. */
export interface KnownValue {
  readonly size: number;
  readonly validator: string | undefined;
  /** Whether its end was read, which in a shard tells where everything is; ranges must then be of the same version. */
  readonly bound: boolean;
}

/** Remembers values by key, the latest so many of them. */
export class KnownValues {
  readonly #values = new Map<Key, KnownValue>();
  readonly #most: number;

  constructor(most = 16_384) {
    this.#most = most;
  }

  get(key: Key): KnownValue | undefined {
    const value = this.#values.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }

  set(key: Key, value: KnownValue): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size <= this.#most) return;
    for (const oldest of this.#values.keys()) {
      this.#values.delete(oldest);
      return;
    }
  }

  forget(key: Key): void {
    this.#values.delete(key);
  }
}
