import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { codeOf, isNoSuchKey, statusOf } from "./bucket-error.ts";

/** The head of an answer, whether it brings an object or says why not. */
export interface ObjectHead {
  readonly status: number;
  readonly headers: Headers;
}

/** The head of an answer with an object, in the words of HTTP. */
export function headOf(answer: GetObjectCommandOutput): ObjectHead {
  const told: Readonly<Record<string, string | undefined>> = {
    "content-length": answer.ContentLength?.toString(),
    "content-range": answer.ContentRange,
    "content-type": answer.ContentType,
    "cache-control": answer.CacheControl,
    expires: answer.ExpiresString,
    etag: answer.ETag,
  };
  return { status: answer.$metadata.httpStatusCode ?? 0, headers: headersOf(told) };
}

/** What an error of the SDK says of the object; `undefined` when it is a failure. */
export function refusalOf(error: unknown, refusals: readonly number[]): ObjectHead | undefined {
  const status = statusOf(error);
  const isRefusal =
    status === 304 ||
    status === 412 ||
    status === 416 ||
    isNoSuchKey(error) ||
    // A bucket that is not there, or a key that is not known, is no answer about an object.
    (status === 403 && refusals.includes(403) && codeOf(error) === "AccessDenied");
  if (status === undefined || !isRefusal) return undefined;
  const { $response } = error as { $response?: { headers?: Readonly<Record<string, string>> } };
  return { status, headers: headersOf($response?.headers ?? {}) };
}

function headersOf(told: Readonly<Record<string, string | undefined>>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(told)) if (value !== undefined) headers.set(name, value);
  return headers;
}
