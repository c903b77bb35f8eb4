export { BucketError } from "./bucket-error.ts";
export { bucketPattern } from "./object-pattern.ts";
export type { S3ClientLike, S3ClientSettings } from "./s3-client-like.ts";
export type { S3StoreOpenerOptions } from "./s3-options.ts";
export { S3Source } from "./s3-source.ts";
export type { S3SourceOptions } from "./s3-source-options.ts";
export { type S3Location, S3StoreOpener } from "./s3-store-opener.ts";
