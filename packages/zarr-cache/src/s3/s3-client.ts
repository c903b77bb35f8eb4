import type { S3Client, S3ClientConfig } from "@aws-sdk/client-s3";
import { MissingDependencyError } from "../errors.ts";
import type { S3ClientLike, S3ClientSettings } from "./s3-client-like.ts";

/** The package of the SDK. */
export type S3Package = typeof import("@aws-sdk/client-s3");

/** A client with the package that its commands come from. */
export interface OpenClient {
  readonly s3: S3Package;
  readonly client: Pick<S3Client, "send">;
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
export function makeClient({ S3Client }: S3Package, config: S3ClientSettings, concurrency: number): S3Client {
  const isElsewhere = config.endpoint !== undefined;
  return new S3Client({
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: { httpAgent: { maxSockets: concurrency }, httpsAgent: { maxSockets: concurrency } },
    ...(isElsewhere && { forcePathStyle: true, region: "us-east-1" }),
    ...(config as S3ClientConfig),
    maxAttempts: 1,
  });
}

/** A client that was given, as the SDK types it. */
export function givenClient(client: S3ClientLike): OpenClient["client"] {
  return client as S3ClientLike & OpenClient["client"];
}
