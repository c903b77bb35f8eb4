import { InvalidOptionError } from "../errors.ts";
import { assertKnownOptions } from "../options.ts";
import type { ByteStore, FoundName, StoreOpener } from "../store-opener.ts";
import { LocatedByteStore } from "./located-byte-store.ts";
import { chooseFor } from "./rendezvous.ts";

/** One of the places of a {@link LocatedStoreOpener}. */
export interface StoreLocation {
  /** What entries remember: 1 to 32 small letters, digits, `_` and `-`. Where the place is may change, its name may not. */
  readonly name: string;
  readonly opener: StoreOpener;
  /** How much of what is new goes here, beside the others. Default 1. */
  readonly weight?: number;
  /** True for a place that is read and gets nothing new. */
  readonly draining?: boolean;
}

const NAME = /^[a-z0-9_-]{1,32}$/;

/**
 * Spreads cached bytes over several places, such as buckets of several providers or several disks.
 *
 * A new value goes where weighted rendezvous hashing of its token points; the index keeps the name of the place with the
 * entry, so that places can come and go while the cache is in use. To add one to a cache that several processes share,
 * let all of them know it as `draining` first, since an entry in a place that is not known is a miss and is removed.
 * To remove one: let all of them know it as `draining`, then `drainLocation`, then leave it out.
 */
export class LocatedStoreOpener implements StoreOpener {
  readonly medium: string;
  readonly crc32?: (bytes: Uint8Array, seed?: number) => number;
  #locations: readonly StoreLocation[];
  /** Openers of places that were left out; what was begun there may still be under way. */
  readonly #left = new Set<StoreOpener>();

  /** The first location also holds the entries of a time when there was no other. */
  constructor(locations: readonly StoreLocation[]) {
    this.#locations = checked(locations);
    const { medium, crc32 } = (locations[0] as StoreLocation).opener;
    this.medium = medium;
    if (crc32 !== undefined) this.crc32 = crc32;
  }

  /** The places as they are now. */
  get locations(): readonly StoreLocation[] {
    return this.#locations;
  }

  /** Replaces the places, at once and for all stores. Bytes stay where they are. */
  setLocations(locations: readonly StoreLocation[]): void {
    const next = checked(locations);
    if (next.some(({ opener }) => (opener.crc32 === undefined) !== (this.crc32 === undefined)))
      throw new InvalidOptionError("locations", names(next), "media that all have checksums, or none");
    const kept = new Set(next.map(({ opener }) => opener));
    for (const { opener } of this.#locations) if (!kept.has(opener)) this.#left.add(opener);
    for (const opener of kept) this.#left.delete(opener);
    this.#locations = next;
  }

  readonly place = (token: string): string => {
    const open = this.#locations.filter(({ draining }) => draining !== true);
    return (chooseFor(token, open) as StoreLocation).name;
  };

  open(storeId: string): ByteStore {
    return new LocatedByteStore(storeId, () => this.#locations);
  }

  footprint(size: number, sealSize: number): number {
    return Math.max(...this.#locations.map(({ opener }) => opener.footprint(size, sealSize)));
  }

  /** Whether all places are slow to list; where one is not, all are emptied first. */
  get purgesBehind(): boolean {
    return this.#locations.every(({ opener }) => opener.purgesBehind === true);
  }

  async *names(): AsyncIterable<FoundName> {
    for (const { opener } of this.#locations) if (opener.names !== undefined) yield* opener.names();
  }

  /** Throws when one of the places cannot be used. */
  async check(): Promise<void> {
    await Promise.all(this.#locations.map(({ opener }) => opener.check?.()));
  }

  async close(): Promise<void> {
    const openers = [...this.#locations.map(({ opener }) => opener), ...this.#left];
    await Promise.all(openers.map((opener) => opener.close?.()));
  }
}

function checked(locations: readonly StoreLocation[]): readonly StoreLocation[] {
  if (!Array.isArray(locations) || locations.length === 0)
    throw new InvalidOptionError("locations", locations, "an array of places, each with name and opener");
  for (const location of locations) {
    assertKnownOptions("locations", location, ["name", "opener", "weight", "draining"]);
    const { name, opener, weight = 1 } = location;
    if (typeof name !== "string" || !NAME.test(name))
      throw new InvalidOptionError("locations.name", name, '1 to 32 small letters, digits, "_" and "-"');
    if (typeof opener?.open !== "function")
      throw new InvalidOptionError(
        "locations.opener",
        opener,
        "a store opener, such as new S3StoreOpener(…)",
      );
    if (!(weight > 0 && weight < Number.POSITIVE_INFINITY))
      throw new InvalidOptionError("locations.weight", weight, "a number above 0; draining for none");
  }
  if (new Set(names(locations)).size < locations.length)
    throw new InvalidOptionError("locations", names(locations), "names that differ");
  if (locations.every(({ draining }) => draining === true))
    throw new InvalidOptionError("locations", names(locations), "at least one that is not draining");
  if (new Set(locations.map(({ opener }) => opener.crc32 === undefined)).size > 1)
    throw new InvalidOptionError("locations", names(locations), "media that all have checksums, or none");
  return [...locations];
}

function names(locations: readonly StoreLocation[]): string[] {
  return locations.map(({ name }) => name);
}
