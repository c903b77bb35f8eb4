import { ZarrCacheError } from "../errors.ts";

/** A bucket cannot be used, or a request to it failed. Says which bucket and, where it is known, what to do. */
export class BucketError extends ZarrCacheError {
  readonly bucket: string;
  /** The request of the S3 API, such as `"GetObject"`. */
  readonly operation: string;
  /** Status of the answer; `undefined` when there was none. */
  readonly status: number | undefined;
  /** What the server or the platform calls it: `"SlowDown"`, `"ECONNRESET"`. */
  readonly code: string | undefined;

  constructor(bucket: string, operation: string, reason: string, cause?: unknown) {
    super(
      "BucketError",
      `${operation} in bucket "${bucket}": ${reason}.`,
      cause === undefined ? {} : { cause },
    );
    this.bucket = bucket;
    this.operation = operation;
    this.status = statusOf(cause);
    this.code = codeOf(cause);
  }

  override get isTemporary(): boolean {
    if (this.status === undefined) return isSilence(this.code);
    return this.status === 429 || this.status >= 500;
  }
}

/** The HTTP status of an error of the SDK. */
export function statusOf(error: unknown): number | undefined {
  const { $metadata } = Object(error) as { $metadata?: { httpStatusCode?: unknown } };
  return typeof $metadata?.httpStatusCode === "number" ? $metadata.httpStatusCode : undefined;
}

/** What the server or the platform calls an error. */
export function codeOf(error: unknown): string | undefined {
  const { Code, code, name } = Object(error) as { Code?: unknown; code?: unknown; name?: unknown };
  return [Code, code, name].find((it) => typeof it === "string" && it !== "Error" && it !== "Unknown") as
    | string
    | undefined;
}

/** Whether an error says that one key has no object. A missing bucket says something else. */
export function isNoSuchKey(error: unknown): boolean {
  return codeOf(error) === "NoSuchKey";
}

/** Tells codes of the platform that say that nobody answered. */
function isSilence(code: string | undefined): boolean {
  return code !== undefined && /^(?:E[A-Z_]+|TimeoutError|DeadlineError)$/.test(code);
}

/** What an error says and what to do about it. Quotes nothing that the server wrote: it may tell of credentials. */
export function reasonOf(error: unknown, endpoint?: string): string {
  const status = statusOf(error);
  const code = codeOf(error);
  const shown = [code, status].filter((it) => it !== undefined).join(", ") || "no answer";
  const where = endpoint === undefined ? "the endpoint and region" : `the endpoint ${endpoint}`;
  if (code === "NoSuchBucket" || (status === 404 && code === "NotFound"))
    return `there is no such bucket (${shown}); create it, or check its name and ${where}`;
  if (code === "InvalidAccessKeyId" || code === "SignatureDoesNotMatch" || code === "ExpiredToken")
    return `the credentials are not accepted (${shown}); check the access key, its secret and its expiry`;
  if (status === 403)
    return (
      `permission is denied (${shown}); allow these credentials to list the bucket and to get, put and delete ` +
      "its objects (s3:ListBucket, without which a missing object answers 403 too, s3:GetObject, s3:PutObject, s3:DeleteObject)"
    );
  if (code === "CredentialsProviderError")
    return "no credentials were found; give clientConfig.credentials, or set them in the environment";
  if (status === 301 || code === "PermanentRedirect" || code === "AuthorizationHeaderMalformed")
    return `it lies in another region (${shown}); set clientConfig.region to the region of the bucket`;
  if (status === undefined && isSilence(code)) return `the server does not answer (${shown}); check ${where}`;
  if (status === 400 || status === 405 || (status === 200 && code !== undefined))
    return `this is not an answer of S3 (${shown}); check ${where}`;
  return `failed (${shown})`;
}
