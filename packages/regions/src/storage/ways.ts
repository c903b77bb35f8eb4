import type { MaybePromise, Part, StoredBytes } from "zarr-cache";
import type { HeardMember } from "../members.ts";
import { before, readFromBucket } from "./bucket-read.ts";
import type { PartOperation } from "./part-operation.ts";
import { askForNothing, transferPart } from "./transfer.ts";

/** Where another region keeps bytes that this one may read: an `S3StoreOpener` of `zarr-cache/s3`. */
export interface ReadableBucket {
  readonly medium: string;
  /** The bytes of a part, verified; `undefined` where they are gone. */
  read(part: Part, stored: StoredBytes): Promise<Uint8Array | undefined>;
  close?(): MaybePromise<void>;
}

/** How long a transfer may take. */
export interface WayOptions {
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** One way to bytes that another region has announced. */
export interface Way {
  readonly kind: "http" | "bucket";
  readonly region: string;
  /** The member that answers, whose round trip this tells. */
  readonly member?: string;
  /** The bytes, as they were announced; `undefined` where they are gone. Rejects with `TransferError`. */
  fetch(options: WayOptions): Promise<Uint8Array | undefined>;
  /** Goes there and back, for nothing but the time that it takes. */
  probe(options: WayOptions): Promise<unknown>;
}

export interface WaysOptions {
  /** Members of all regions that are there. */
  readonly members: () => readonly Pick<HeardMember, "id" | "region" | "url">[];
  readonly settings: {
    readonly buckets: Readonly<Record<string, ReadableBucket>>;
    readonly token: string | undefined;
    readonly fetch: typeof fetch;
  };
}

/** How what other regions hold can be had here: by HTTP from one of their members, or out of a bucket that was given. */
export class Ways {
  readonly #options: WaysOptions;

  constructor(options: WaysOptions) {
    this.#options = options;
  }

  /** The ways to the bytes of an announced part, at most one of each kind. */
  to(part: Part, operation: PartOperation): Way[] {
    return [this.#byHttp(operation), this.#fromBucket(part, operation)].filter((way) => way !== undefined);
  }

  /** From the member that announced it, else from another of its region. */
  #byHttp(operation: PartOperation): Way | undefined {
    const { members, settings } = this.#options;
    const there = members().filter((it) => it.region === operation.region && it.url !== undefined);
    const member = there.find(({ url }) => url === operation.url) ?? there[0];
    if (member?.url === undefined) return undefined;
    const { url, id } = member;
    const fetch = (options: WayOptions) => transferPart(url, operation, { ...settings, ...options });
    const probe = (options: WayOptions) => askForNothing(url, { ...settings, ...options });
    return { kind: "http", region: operation.region, member: id, fetch, probe };
  }

  /** Only out of a bucket that is configured here; the announcement names nothing but an object in it. */
  #fromBucket(part: Part, operation: PartOperation): Way | undefined {
    const { buckets } = this.#options.settings;
    const bucket = Object.hasOwn(buckets, operation.region) ? buckets[operation.region] : undefined;
    const stored = bucket && storedIn(bucket, operation);
    if (bucket === undefined || stored === undefined) return undefined;
    const fetch = (options: WayOptions) => readFromBucket(bucket, part, stored, operation, options);
    const probe = (options: WayOptions) => before(options, bucket.read(part, { ...stored, token: NO_TOKEN }));
    return { kind: "bucket", region: operation.region, fetch, probe };
  }
}

/** Under this there are no bytes: tokens are random. */
const NO_TOKEN = "0".repeat(40);

const TOKEN = /^[0-9a-z]{17,64}$/;
const LOCATION = /^[a-z0-9_-]{1,32}$/;

/** What an announcement names in a bucket; `undefined` where it names nothing there, or nothing that could be. */
function storedIn(bucket: ReadableBucket, { stored, size }: PartOperation): StoredBytes | undefined {
  if (typeof stored !== "object" || stored === null || stored.medium !== bucket.medium) return undefined;
  const { medium, token, checksum, location } = stored;
  if (typeof token !== "string" || !TOKEN.test(token) || stored.size !== size) return undefined;
  if (!Number.isSafeInteger(checksum)) return undefined;
  if (location === undefined) return { medium, token, size, checksum };
  const isName = typeof location === "string" && LOCATION.test(location);
  return isName ? { medium, token, size, checksum, location } : undefined;
}
