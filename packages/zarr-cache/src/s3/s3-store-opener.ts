import type { ByteStore, StoredName, StoreOpener } from "../store-opener.ts";
import type { S3StoreOpenerOptions } from "./s3-options.ts";
import { S3PlaceOpener } from "./s3-place-opener.ts";

/**
 * Keeps cached bytes in a bucket, one object a value: `new S3StoreOpener("s3://bucket/prefix/{store_id}.zarr")`.
 *
 * Objects are named by tokens, never by keys. What is listed and deleted are only objects whose names look like that;
 * even so, give a cache a prefix of its own, and one index only: another index takes its objects for left-overs.
 */
export class S3StoreOpener implements StoreOpener {
  readonly medium = "s3";
  readonly crc32: (bytes: Uint8Array, seed?: number) => number;
  readonly #opener: S3PlaceOpener;

  /** Throws {@link InvalidOptionError} for a place without bucket or `{store_id}`, or an unknown option. */
  constructor(place: string, options: S3StoreOpenerOptions = {}) {
    this.#opener = new S3PlaceOpener("S3StoreOpener place", place, options);
    this.crc32 = this.#opener.crc32;
  }

  open(storeId: string): ByteStore {
    return this.#opener.open(storeId);
  }

  footprint(size: number, sealSize: number): number {
    return this.#opener.footprint(size, sealSize);
  }

  /** Every object below the prefix that looks like ours, by listing all of it. */
  names(): AsyncIterable<StoredName> {
    return this.#opener.names();
  }

  /** Throws {@link BucketError} unless the bucket is there and these credentials may use it. */
  check(): Promise<void> {
    return this.#opener.check();
  }

  /** Closes clients that were made here. */
  close(): Promise<void> {
    return this.#opener.close();
  }
}
