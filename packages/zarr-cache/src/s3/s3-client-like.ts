/**
 * What is asked of a client: `new S3Client(…)` of `@aws-sdk/client-s3`, or anything that sends its commands. Without a type
 * of the SDK, which need not be installed.
 */
export interface S3ClientLike {
  send(command: never, options?: never): Promise<unknown>;
}

/** Settings of a client: whatever `new S3Client(…)` of `@aws-sdk/client-s3` takes. */
export interface S3ClientSettings {
  readonly region?: string | (() => Promise<string>) | undefined;
  readonly endpoint?: unknown;
  readonly credentials?: unknown;
  readonly forcePathStyle?: unknown;
  // biome-ignore lint/suspicious/noExplicitAny: interfaces, as the SDK's, are assignable to no other index signature
  readonly [setting: string]: any;
}
