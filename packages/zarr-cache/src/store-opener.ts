import type { MaybePromise } from "./maybe-promise.ts";

/**
 * Opens the place where cached bytes live: one {@link ByteStore} per store id.
 *
 * An opener knows nothing of keys, budgets or freshness. Every value is written once under a random name (the token
 * of a claim), read by that name and deleted by it; a name is never written twice with other bytes.
 */
export interface StoreOpener {
  /** What this medium is, as shown in statistics: `"memory"`, `"disk"`, `"s3"`. */
  readonly medium: string;

  /**
   * Checksum of the bytes, given by media that may return other bytes than were written (disks, networks).
   * Where present, every value is sealed with checksums per frame and verified on each read.
   */
  readonly crc32?: (bytes: Uint8Array, seed?: number) => number;

  /** Opens the bytes of one store id. Repeated calls may share a place; nothing is created before the first `set`. */
  open(storeId: string): ByteStore;

  /**
   * Names the place where new bytes of a token go, where there are several; answers at once and takes no note of it.
   * The name is kept with the entry and given back when its bytes are read. At most 32 characters.
   */
  readonly place?: ((token: string) => string) | undefined;

  /** Bytes of the medium that a value of `size` bytes with a seal of `sealSize` bytes takes, rounded as the medium does. */
  footprint(size: number, sealSize: number): number;

  /** Every name that holds bytes, of all stores. Media that lose their bytes with the process need not have it. */
  names?(): AsyncIterable<FoundName>;

  /**
   * True where listing and deleting everything takes long, as in a bucket. What an earlier life of the index left is then
   * deleted behind admission, and stays charged until it is gone; `names` tells the bytes of each.
   */
  readonly purgesBehind?: boolean;

  /** Throws when the place cannot be used at all (a file where a directory is needed, no permission). Called once, at open. */
  check?(): MaybePromise<void>;

  /** Ends connections. Bytes stay. */
  close?(): MaybePromise<void>;
}

/** A name under which an opener holds bytes. */
export interface StoredName {
  readonly storeId: string;
  readonly token: string;
}

/** A name as a listing tells it. */
export interface FoundName extends StoredName {
  /** Bytes of the medium that it takes, or somewhat less, where the listing tells. */
  readonly bytes?: number;
}

/**
 * The bytes of one store id, by token.
 *
 * A `get` answers `undefined` for a name that is not there and throws when the medium is broken. What it answers is a
 * fresh buffer of its own, unless `retains` is set. Any method may be called concurrently.
 *
 * Where the opener has `place`, `location` is what it answered when the bytes were written; a location that is not
 * known any more holds nothing. A `delete` is of all locations.
 */
export interface ByteStore {
  /** True where `get` hands out the very buffer that is kept, which nobody may write to. */
  readonly retains?: boolean;

  /**
   * Reads a value of `size` bytes whole, with the `sealSize` bytes that were stored behind it.
   * Throws `DamagedBytesError` when the medium has not exactly `size + sealSize` bytes.
   */
  get(token: string, size: number, sealSize: number, location?: string): MaybePromise<Sealed | undefined>;

  /** Reads `length` bytes at `offset` of what was written: the value followed by its seal. */
  getRange?(token: string, offset: number, length: number): MaybePromise<Uint8Array | undefined>;

  /**
   * Reads `length` bytes at `offset` of a value of `size` bytes together with its seal, where that takes one step
   * instead of two. Throws when the medium tells that there are not exactly `size + sealSize` bytes.
   */
  getSealedRange?(
    token: string,
    offset: number,
    length: number,
    size: number,
    sealSize: number,
    location?: string,
  ): MaybePromise<Sealed | undefined>;

  /**
   * Writes a value and its seal under a name, all or nothing: a reader sees both whole or `undefined`.
   * Keeps `value` itself if it retains, so the caller gives it away.
   */
  set(token: string, value: Uint8Array, seal: Uint8Array | undefined, location?: string): MaybePromise<void>;

  /** Deletes a name and whatever a broken-off `set` of it left behind. Deleting what is not there is no error. */
  delete(token: string): MaybePromise<void>;
}

/** A value with the seal that was stored behind it. */
export interface Sealed {
  readonly value: Uint8Array;
  readonly seal?: Uint8Array;
}
