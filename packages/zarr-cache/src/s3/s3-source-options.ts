import { type ByteSize, parseBytes } from "../byte-size.ts";
import type { Clock } from "../clock.ts";
import { InvalidOptionError } from "../errors.ts";
import { assertFlags, assertFunction, assertKnownOptions } from "../options.ts";
import { withoutValues } from "../without-values.ts";
import { S3_OPTION_NAMES, type S3Settings, type S3StoreOpenerOptions, s3Settings } from "./s3-options.ts";

/**
 * Options of an `S3Source`: those of an `S3StoreOpener`, with more time by default (`timeout` one minute, `deadline` two),
 * since chunks may be large, and these. After 64 retries without a success requests fail at their first failure.
 */
export interface S3SourceOptions extends S3StoreOpenerOptions {
  /** Sends requests without credentials, as public buckets allow. Not beside a `client`. Default no. */
  readonly unsigned?: boolean;
  /** Whether the source has `set` and `delete`. Default no. */
  readonly writable?: boolean;
  /**
   * Statuses that mean that a key has no value. Default `[404]`; a bucket that may not be listed answers 403, which
   * cannot be told from a refusal, and is an error unless it is listed here.
   */
  readonly missing?: readonly (403 | 404)[];
  /** Names the data, and binds the store id. Default: the URL, and the endpoint in `clientConfig`. */
  readonly identity?: string;
  /** Longest value that is accepted. Default `"1 GiB"`. */
  readonly maxBytes?: ByteSize;
  /** Whether many people read what is cached: `s-maxage` then counts, and what is `private` is not to be kept. Default no. */
  readonly shared?: boolean;
  /** Tells the time; lifetimes and costs are counted on it. Default `Date.now`. */
  readonly clock?: Clock;
}

/** The options, checked and complete. */
export interface S3SourceSettings {
  readonly bucket: S3Settings;
  readonly writable: boolean;
  readonly missing: readonly number[];
  readonly identity: string;
  readonly maxBytes: number;
  readonly shared: boolean;
  readonly clock: Clock;
}

const NAMES = [
  ...S3_OPTION_NAMES,
  "unsigned",
  "writable",
  "missing",
  "identity",
  "maxBytes",
  "shared",
  "clock",
] as const satisfies (keyof S3SourceOptions)[];

/** That of an `HttpSource`. */
const RETRY_BUDGET = 64;

/** Sends a request as it is. */
const UNSIGNED = {
  signer: { sign: async <T>(request: T): Promise<T> => request },
  credentials: { accessKeyId: "", secretAccessKey: "" },
  followRegionRedirects: true,
};

/** Checks the options of a source at a URL and fills in the defaults. */
export function s3SourceSettings(url: string, options: S3SourceOptions): S3SourceSettings {
  assertKnownOptions("S3Source", withoutValues(options), NAMES);
  const {
    client,
    clientConfig,
    unsigned = false,
    writable = false,
    missing = [404],
    shared = false,
  } = options;
  assertFlags({ unsigned, writable, shared });
  if (unsigned && client !== undefined)
    throw new InvalidOptionError("unsigned", unsigned, "nothing beside a client, which signs or does not");
  if (!Array.isArray(missing) || missing.some((status) => status !== 403 && status !== 404))
    throw new InvalidOptionError("missing", missing, "[404] or [403, 404]");
  if (options.clock !== undefined) assertFunction("clock", options.clock, "a function");
  const endpoint = endpointOf(clientConfig?.endpoint);
  const { identity = endpoint === undefined ? url : `${url} at ${endpoint}` } = options;
  if (typeof identity !== "string" || identity === "")
    throw new InvalidOptionError("identity", identity, "a text that names the data");
  const settings = s3Settings(options, { timeout: "1m", deadline: "2m", retryBudget: RETRY_BUDGET });
  return {
    bucket: unsigned
      ? { ...settings, clientConfig: { region: "us-east-1", ...settings.clientConfig, ...UNSIGNED } }
      : settings,
    writable,
    missing,
    identity,
    maxBytes: parseBytes("maxBytes", options.maxBytes ?? "1 GiB"),
    shared,
    clock: options.clock ?? Date.now,
  };
}

/** An endpoint without what may be secret in it; `undefined` where it is not a URL at hand. */
function endpointOf(endpoint: unknown): string | undefined {
  try {
    const { protocol, host, pathname } = new URL(String(endpoint));
    return `${protocol}//${host}${pathname.replace(/\/+$/, "")}`;
  } catch {
    return undefined;
  }
}
