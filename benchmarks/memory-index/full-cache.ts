/**
 * A cache in memory that is full: what the memory index and its peer are both made to do. Keys are given from outside,
 * so that both work on the very same strings.
 */
export interface FullCache {
  /** Looks up a key that is there, and counts the use. */
  use(key: string): void;
  /** Admits a key that was never there, and evicts one. */
  admit(key: string): void;
  readonly size: number;
}

/** Bytes of every value; it is only stated, nothing is stored. */
export const VALUE_BYTES = 100_000;
