import { HTTPException } from "hono/http-exception";
import { isZarrCacheError } from "zarr-cache";
import type { Log } from "../log.ts";
import { OccupiedPathError } from "../sources/directory-source.ts";
import { type Answer, toResponse } from "./answer.ts";
import { type Asked, askedBy } from "./asked.ts";
import { problemAnswer } from "./problem.ts";
import { BodyTooLargeError } from "./request-body.ts";

/** What of a request is told of its failure. */
type Failed = Pick<Asked, "method" | "path" | "signal">;

/** Answers a request that failed; see {@link failureAnswer}. */
export function answerFailure(error: unknown, request: Request, log: Log): Response {
  if (error instanceof HTTPException) return error.getResponse();
  return toResponse(failureAnswer(error, askedBy(request), log));
}

/** The answer to a request that failed. What the client need not know, the stack above all, goes to the log alone. */
export function failureAnswer(error: unknown, request: Failed, log: Log): Answer {
  if (isZarrCacheError(error, "InvalidKeyError", "InvalidOptionError", "InvalidRangeError"))
    return problemAnswer(400, error.message);
  if (error instanceof BodyTooLargeError)
    return problemAnswer(413, "The body is longer than this server takes (limits.maxBodyBytes).");
  if (error instanceof OccupiedPathError) return problemAnswer(409, error.message);
  // The client has left: nobody reads the answer.
  if (request.signal.aborted) return { status: 499, headers: {} };
  if (isZarrCacheError(error, "UnsupportedError")) return problemAnswer(501, error.message);
  if (isZarrCacheError(error, "OfflineError"))
    return problemAnswer(504, "This is not cached, and the store is offline.");
  if (isZarrCacheError(error, "CacheUnavailableError")) return retryLater(error, request, log);
  if (isZarrCacheError(error, "SourceChangedError"))
    return problemAnswer(503, "The source changed while it was read; try again.", { "Retry-After": "1" });
  if (isZarrCacheError(error, "SourceError", "NotZarrError", "FillFailedError", "BucketError"))
    return sourceFailure(error, request, log);
  log.error({ err: error, method: request.method, path: request.path }, "request failed");
  return problemAnswer(500, "Something went wrong in the server; its log tells more.");
}

function sourceFailure(error: Error, request: Failed, log: Log): Answer {
  log.warn({ reason: error.message, method: request.method, path: request.path }, "source failed");
  return isLate(error)
    ? problemAnswer(504, "The source did not answer in time.")
    : problemAnswer(502, "The source failed or gave no valid answer.");
}

function retryLater(error: Error, request: Failed, log: Log): Answer {
  log.warn({ reason: error.message, method: request.method, path: request.path }, "cache index away");
  return problemAnswer(503, "The index of the cache cannot be reached at present; try again.", {
    "Retry-After": "5",
  });
}

/** Whether a source was too slow, as against one that answered with a failure. */
function isLate(error: Error): boolean {
  return (
    (isZarrCacheError(error) && error.isTemporary) ||
    /no answer came within|took longer than|no byte came/.test(error.message)
  );
}
