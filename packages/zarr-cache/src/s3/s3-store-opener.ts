import { DamagedBytesError, UnsupportedError } from "../errors.ts";
import { LocatedStoreOpener, type StoreLocation } from "../locations/located-store-opener.ts";
import { assertKnownOptions } from "../options.ts";
import type { Part } from "../part.ts";
import type { StoredBytes } from "../storage.ts";
import type { ByteStore, FoundName, StoreOpener } from "../store-opener.ts";
import { SealedBytes } from "../tier/sealed-bytes.ts";
import { withoutValues } from "../without-values.ts";
import { S3_OPTION_NAMES, type S3StoreOpenerOptions } from "./s3-options.ts";
import { S3PlaceOpener } from "./s3-place-opener.ts";

/** One of several buckets; its own options go before the common ones. */
export interface S3Location extends S3StoreOpenerOptions, Omit<StoreLocation, "opener"> {
  /** Where it is, such as `"s3://bucket/prefix/{store_id}.zarr"`. May change, while the name may not. */
  readonly url: string;
}

/**
 * Keeps cached bytes in a bucket, one object a value: `new S3StoreOpener("s3://bucket/prefix/{store_id}.zarr")`.
 *
 * Objects are named by tokens, never by keys. What is listed and deleted are only objects whose names look like that;
 * even so, give a cache a prefix of its own, and one index only: another index takes its objects for left-overs.
 *
 * Several buckets are given as locations, see `LocatedStoreOpener`.
 */
export class S3StoreOpener implements StoreOpener {
  readonly medium = "s3";
  readonly purgesBehind = true;
  readonly crc32: (bytes: Uint8Array, seed?: number) => number;
  /** Names the location of what is new, where there are several. */
  readonly place: ((token: string) => string) | undefined;
  readonly #options: S3StoreOpenerOptions;
  readonly #opener: S3PlaceOpener | LocatedStoreOpener;
  readonly #sealed: SealedBytes;
  readonly #places: {
    readonly options: Readonly<Record<string, unknown>>;
    readonly opener: S3PlaceOpener;
  }[] = [];

  /** Throws {@link InvalidOptionError} for a place without bucket or `{store_id}`, or an unknown option. */
  constructor(place: string | readonly S3Location[], options: S3StoreOpenerOptions = {}) {
    this.#options = options;
    const opener = Array.isArray(place)
      ? new LocatedStoreOpener(this.#opened(place))
      : new S3PlaceOpener("S3StoreOpener place", place as string, options);
    this.#opener = opener;
    this.crc32 = opener.crc32 as S3PlaceOpener["crc32"];
    this.#sealed = new SealedBytes(opener);
    this.place = opener instanceof LocatedStoreOpener ? opener.place : undefined;
  }

  /**
   * Replaces the locations, at once and for all stores. A location with the same url and options as before goes on with
   * its connections. Throws for an opener that was made for one place.
   */
  setLocations(locations: readonly S3Location[]): void {
    if (!(this.#opener instanceof LocatedStoreOpener))
      throw new UnsupportedError(
        "setLocations",
        "this S3StoreOpener was made for one place; give it an array",
      );
    this.#opener.setLocations(this.#opened(locations));
  }

  open(storeId: string): ByteStore {
    return this.#opener.open(storeId);
  }

  /**
   * Reads a part whose bytes are stored here, for whatever index, and verifies them; `undefined` where they are gone.
   * Throws {@link DamagedBytesError} where they are not what was stored, {@link BucketError} where the bucket does not answer.
   */
  async read(part: Part, stored: StoredBytes): Promise<Uint8Array | undefined> {
    const read = await this.#sealed.read(part, { ...stored, whole: false });
    if (read.state === "corrupt")
      throw new DamagedBytesError(`Token "${stored.token}"`, "holds other bytes than those of its part");
    return read.state === "read" ? read.value : undefined;
  }

  footprint(size: number, sealSize: number): number {
    return this.#opener.footprint(size, sealSize);
  }

  /** Every object below the prefixes that looks like ours, by listing all of them. */
  names(): AsyncIterable<FoundName> {
    return this.#opener.names();
  }

  /** Throws {@link BucketError} unless each bucket is there and these credentials may use it. */
  check(): Promise<void> {
    return this.#opener.check();
  }

  /** Closes clients that were made here. */
  close(): Promise<void> {
    return this.#opener.close();
  }

  #opened(locations: readonly S3Location[]): StoreLocation[] {
    return locations.map((location) => {
      assertKnownOptions("locations", withoutValues(location), [
        "name",
        "url",
        "weight",
        "draining",
        ...S3_OPTION_NAMES,
      ]);
      const { name, url, weight, draining, ...own } = location;
      const { client, clientConfig, ...common } = this.#options;
      // A client of its own, or settings for one, stand in place of what all others use.
      const shared = "client" in own || "clientConfig" in own ? {} : { client, clientConfig };
      const opener = this.#placeOf({ url, ...common, ...shared, ...own });
      return {
        name,
        opener,
        ...(weight !== undefined && { weight }),
        ...(draining !== undefined && { draining }),
      };
    });
  }

  /** The opener of a place, the same for the same options. */
  #placeOf(options: Readonly<Record<string, unknown>> & { readonly url: string }): S3PlaceOpener {
    const names = ["url", ...S3_OPTION_NAMES] as const;
    const known = this.#places.find((it) => names.every((name) => it.options[name] === options[name]));
    if (known !== undefined) return known.opener;
    const given = Object.entries(options).filter(([name, it]) => name !== "url" && it !== undefined);
    const opener = new S3PlaceOpener("locations.url", options.url, Object.fromEntries(given));
    this.#places.push({ options, opener });
    return opener;
  }
}
