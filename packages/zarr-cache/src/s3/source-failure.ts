import { isZarrCacheError } from "../errors.ts";
import type { Key } from "../key.ts";
import { SourceError } from "../store/source-errors.ts";
import type { BucketError } from "./bucket-error.ts";
import { WrongAnswerError } from "./object-body.ts";

/** What a key of a source is in its bucket. */
export interface KeyedObject {
  readonly key: Key;
  readonly objectKey: string;
  /** `s3://bucket/key`, for messages. */
  readonly url: string;
}

/** Makes of a failure of a bucket one of a source, which names the key and says what a reader can do. */
export function sourceFailure(failure: unknown, { url, key }: KeyedObject, attempts = 1): unknown {
  if (!isZarrCacheError(failure, "BucketError")) return failure;
  const { status } = failure as BucketError;
  return new SourceError(
    reasonOf(failure as BucketError),
    { url, key, status, attempts },
    { cause: failure },
  );
}

function reasonOf({ code, status, cause, message }: BucketError): string {
  if (cause instanceof WrongAnswerError) return cause.message;
  if (code === "CredentialsProviderError")
    return "no credentials were found; give clientConfig.credentials, set them in the environment, or say `unsigned: true` for a public bucket";
  // An answer to HEAD has no body, and so no code.
  if (status === 403 && (code === "AccessDenied" || code === "Forbidden" || code === "403"))
    return `permission is denied (${code}, 403); give credentials that may read it, say \`unsigned: true\` for a public bucket, or list 403 in \`missing\` if keys that are not there answer so`;
  return message.replace(/\.$/, "");
}
