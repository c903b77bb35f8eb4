import { systemTimers, type Timers } from "../clock.ts";
import { type Duration, parseDuration } from "../duration.ts";
import { InvalidOptionError } from "../errors.ts";
import { assertKnownOptions, parseCount } from "../options.ts";
import { withoutValues } from "../without-values.ts";
import type { RequestBounds } from "./request-runner.ts";
import type { S3ClientLike, S3ClientSettings } from "./s3-client-like.ts";

/** Options of an `S3StoreOpener`. */
export interface S3StoreOpenerOptions {
  /**
   * A client of `@aws-sdk/client-s3`, used as it is and never closed. Its own retries come on top of those here, so
   * give it `maxAttempts: 1`; for servers other than Amazon's also `forcePathStyle: true`,
   * `requestChecksumCalculation: "WHEN_REQUIRED"` and `responseChecksumValidation: "WHEN_REQUIRED"`.
   */
  readonly client?: S3ClientLike;
  /** Settings of a client that is made here, with all of the above, and closed with the opener. Default: those of the environment. */
  readonly clientConfig?: S3ClientSettings;
  /** Requests at once; what nobody waits for takes at most half of them. Default 64. */
  readonly concurrency?: number;
  /** How long one attempt of a request may take, its body included. Default `"10s"`. */
  readonly timeout?: Duration;
  /** How long a request may take in all: waiting for its turn, attempts, pauses. Default `"20s"`. */
  readonly deadline?: Duration;
  /** How often a request that failed for a passing reason is sent again within the deadline. Default 2. */
  readonly retries?: number;
  /** How long deletes are gathered into one request, at most 1000 of them. Default `"5 ms"`. */
  readonly gatherDeletes?: Duration;
  /** Starts and stops timers. Default: those of the platform. */
  readonly timers?: Timers;
  /** A number from 0 up to 1, for the pauses between attempts. Default `Math.random`. */
  readonly random?: () => number;
}

/** Names of {@link S3StoreOpenerOptions}. */
export const S3_OPTION_NAMES: readonly (keyof S3StoreOpenerOptions)[] = [
  "client",
  "clientConfig",
  "concurrency",
  "timeout",
  "deadline",
  "retries",
  "gatherDeletes",
  "timers",
  "random",
];

/** Options with every default filled in. */
export interface S3Settings extends RequestBounds {
  readonly client: S3ClientLike | undefined;
  readonly clientConfig: S3ClientSettings;
  readonly concurrency: number;
  readonly gatherDeletes: number;
}

/** Checks the options and fills in the defaults. */
export function parseS3Options(options: S3StoreOpenerOptions): S3Settings {
  assertKnownOptions("S3StoreOpener", withoutValues(options), S3_OPTION_NAMES);
  return s3Settings(options, { timeout: "10s", deadline: "20s", retryBudget: Number.POSITIVE_INFINITY });
}

/** The same with other defaults, for options whose names were checked. */
export function s3Settings(
  options: S3StoreOpenerOptions,
  defaults: { readonly timeout: Duration; readonly deadline: Duration; readonly retryBudget: number },
): S3Settings {
  const { client, clientConfig = {}, timers = systemTimers, random = Math.random } = options;
  if (client !== undefined && typeof client?.send !== "function")
    throw new InvalidOptionError("client", client, "an S3Client of @aws-sdk/client-s3");
  if (client !== undefined && options.clientConfig !== undefined)
    throw new InvalidOptionError("clientConfig", Object.keys(clientConfig), "nothing beside a client");
  if (typeof clientConfig !== "object" || clientConfig === null)
    throw new InvalidOptionError("clientConfig", typeof clientConfig, "the settings of an S3Client");
  return {
    client,
    clientConfig,
    timers,
    random,
    concurrency: parseCount("concurrency", options.concurrency ?? 64, 1),
    timeout: parseDuration("timeout", options.timeout ?? defaults.timeout),
    deadline: parseDuration("deadline", options.deadline ?? defaults.deadline),
    retries: parseCount("retries", options.retries ?? 2),
    retryBudget: defaults.retryBudget,
    gatherDeletes: parseDuration("gatherDeletes", options.gatherDeletes ?? 5),
  };
}
