import type { S3Client, S3ClientConfig } from "@aws-sdk/client-s3";
import { MissingDependencyError } from "../errors.ts";

/** What is asked of a client: `new S3Client(…)` of `@aws-sdk/client-s3`, or anything that sends its commands. */
export type S3ClientLike = Pick<S3Client, "send">;

/** The package of the SDK. */
export type S3Package = typeof import("@aws-sdk/client-s3");

/** A client with the package that its commands come from. */
export interface OpenClient {
  readonly s3: S3Package;
  readonly client: S3ClientLike;
}

let loading: Promise<S3Package> | undefined;

/** Loads the SDK on first use; throws {@link MissingDependencyError} where it is not installed. */
export function loadS3(): Promise<S3Package> {
  loading ??= import("@aws-sdk/client-s3").catch((error: unknown) => {
    loading = undefined;
    throw new MissingDependencyError("@aws-sdk/client-s3", "zarr-cache/s3", { cause: error });
  });
  return loading;
}

/**
 * Makes a client for a cache: without retries of its own, since ours end with a deadline; by path where an endpoint is
 * given, since servers other than Amazon's seldom have a host name per bucket; with the checksums of the SDK left out,
 * since ours are stricter and many servers refuse theirs.
 */
export function makeClient({ S3Client }: S3Package, config: S3ClientConfig, concurrency: number): S3Client {
  const isElsewhere = config.endpoint !== undefined;
  return new S3Client({
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: { httpAgent: { maxSockets: concurrency }, httpsAgent: { maxSockets: concurrency } },
    ...(isElsewhere && { forcePathStyle: true, region: "us-east-1" }),
    ...config,
    maxAttempts: 1,
  });
}
