import type { Timers } from "zarr-cache";
import { InvalidArgumentError } from "../errors.ts";
import { assertName } from "../names.ts";
import { Region } from "../region.ts";
import { assertOptions, parseRegionOptions, REGION_OPTIONS, type RegionOptions } from "../region-options.ts";
import type { ReadableBucket } from "./ways.ts";

/**
 * Whether bytes that another region holds are kept here too: never (`"metadata"`: only where they are is known here), once
 * they were read here before (`"on-second-read"`), or as soon as they are announced (`"eager"`).
 */
export type Replication = "metadata" | "on-second-read" | "eager";

/** How a storage takes part in a region. */
export interface RegionalOptions extends Partial<RegionOptions> {
  /** A region that is open already, in place of `region` and `nats`; it is not closed with the storage. */
  readonly member?: Region;
  /** For all stores, or by store id; `"*"` for all others. Default `"on-second-read"`. */
  readonly replicate?: Replication | Readonly<Record<string, Replication>>;
  /** Where reads go while the region's own storage is down: to other regions (`"far"`, default), or past them. */
  readonly whenRegionDown?: "far" | "bypass";
  /** Names this storage, for one that lasts: so that after a restart it hears only what it has not heard. */
  readonly name?: string;
  /**
   * Names the lasting tiers of this storage where several storages of the region share them, such as a Redis and a bucket: what
   * one has dropped from them no other has to. Each takes a `name` of its own too, and has no other tiers that last,
   * but those that catch up from the shared ones.
   */
  readonly sharedTiers?: string;
  /** What members show each other when they fetch bytes. Default none. */
  readonly token?: string;
  /** Milliseconds that a transfer may take, at most. Default 10 000. */
  readonly transferTimeout?: number;
  /**
   * Buckets of other regions that this one may read, by region: `{ iad: new S3StoreOpener("s3://…") }`. What such a region
   * holds is then had from its bucket, or by HTTP, whichever is cheaper. They are closed with the storage.
   */
  readonly buckets?: Readonly<Record<string, ReadableBucket>>;
  readonly fetch?: typeof fetch;
}

export interface RegionalSettings {
  /** Opens the region, or takes the one that was given. */
  readonly join: () => Promise<Region>;
  /** Whether the region was given open, and stays so. */
  readonly isGiven: boolean;
  readonly replicate: (storeId: string) => Replication;
  readonly whenRegionDown: "far" | "bypass";
  readonly name: string | undefined;
  readonly sharedTiers: string | undefined;
  readonly token: string | undefined;
  readonly transferTimeout: number;
  readonly buckets: Readonly<Record<string, ReadableBucket>>;
  readonly fetch: typeof fetch;
  readonly timers: Timers;
}

const OWN: Readonly<Record<Exclude<keyof RegionalOptions, keyof RegionOptions>, true>> = {
  member: true,
  replicate: true,
  whenRegionDown: true,
  name: true,
  sharedTiers: true,
  token: true,
  transferTimeout: true,
  buckets: true,
  fetch: true,
};
const REPLICATIONS: readonly unknown[] = ["metadata", "on-second-read", "eager"];

/** Checks the options; throws `InvalidArgumentError` naming what is wrong. */
export function parseRegionalOptions(options: RegionalOptions): RegionalSettings {
  assertOptions("RegionalCacheStorage", options, [...Object.keys(OWN), ...REGION_OPTIONS]);
  const {
    member,
    replicate = "on-second-read",
    whenRegionDown = "far",
    name,
    sharedTiers,
    token,
    transferTimeout = 10_000,
    buckets = {},
    fetch: fetcher = fetch,
    ...region
  } = options;
  const given = REGION_OPTIONS.filter((option) => options[option] !== undefined);
  if (member !== undefined && given.length > 0)
    throw new InvalidArgumentError(given.join(", "), "given", "either a member, or the options of one");
  const byStore: Readonly<Record<string, Replication>> =
    typeof replicate === "string" ? { "*": replicate } : replicate;
  for (const [storeId, value] of Object.entries(byStore ?? { "*": replicate }))
    if (!REPLICATIONS.includes(value))
      throw new InvalidArgumentError(`replicate.${storeId}`, value, REPLICATIONS.map(String).join(", "));
  if (whenRegionDown !== "far" && whenRegionDown !== "bypass")
    throw new InvalidArgumentError("whenRegionDown", whenRegionDown, '"far" or "bypass"');
  for (const [option, value] of Object.entries({ name, sharedTiers, token }))
    if (value !== undefined && (typeof value !== "string" || value === ""))
      throw new InvalidArgumentError(option, "empty, or not text", "text");
  if (sharedTiers !== undefined && name === undefined)
    throw new InvalidArgumentError("sharedTiers", sharedTiers, "a name of this storage beside it");
  if (!Number.isFinite(transferTimeout) || transferTimeout <= 0)
    throw new InvalidArgumentError("transferTimeout", transferTimeout, "milliseconds > 0");
  return {
    ...joiningOf(member, region),
    replicate: (storeId) => byStore[storeId] ?? byStore["*"] ?? "on-second-read",
    whenRegionDown,
    name,
    sharedTiers,
    token,
    transferTimeout,
    buckets: parseBuckets(buckets),
    fetch: fetcher,
  };
}

/** How a region is joined: it was given open, or with options that are checked here. */
function joiningOf(
  member: Region | undefined,
  { region, nats, ...others }: Partial<RegionOptions>,
): Pick<RegionalSettings, "join" | "isGiven" | "timers"> {
  if (member !== undefined)
    return { join: () => Promise.resolve(member), isGiven: true, timers: member.settings.timers };
  assertName("region", region);
  if (nats === undefined)
    throw new InvalidArgumentError("nats", nats, 'an address such as "nats://127.0.0.1:4222"');
  const options = { ...others, region, nats };
  const { timers } = parseRegionOptions(options);
  return { join: () => Region.open(options), isGiven: false, timers };
}

function parseBuckets(buckets: Readonly<Record<string, ReadableBucket>>) {
  if (typeof buckets !== "object" || buckets === null)
    throw new InvalidArgumentError("buckets", buckets, "openers by region");
  for (const [region, bucket] of Object.entries(buckets)) {
    assertName(`buckets.${region}`, region);
    if (typeof bucket?.read !== "function" || typeof bucket.medium !== "string")
      throw new InvalidArgumentError(
        `buckets.${region}`,
        typeof bucket,
        'new S3StoreOpener("s3://…/{store_id}.zarr") of zarr-cache/s3, over what that region uses',
      );
  }
  return buckets;
}
