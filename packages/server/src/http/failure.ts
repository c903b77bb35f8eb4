import { HTTPException } from "hono/http-exception";
import { isZarrCacheError } from "zarr-cache";
import type { Log } from "../log.ts";
import { OccupiedPathError } from "../sources/directory-source.ts";
import { problem } from "./problem.ts";
import { BodyTooLargeError } from "./request-body.ts";

/** Answers a request that failed. What the client need not know, the stack above all, goes to the log alone. */
export function answerFailure(error: unknown, request: Request, log: Log): Response {
  if (error instanceof HTTPException) return error.getResponse();
  if (isZarrCacheError(error, "InvalidKeyError", "InvalidOptionError", "InvalidRangeError"))
    return problem(400, error.message);
  if (error instanceof BodyTooLargeError)
    return problem(413, "The body is longer than this server takes (limits.maxBodyBytes).");
  // The client has left: nobody reads the answer.
  if (error instanceof OccupiedPathError) return problem(409, error.message);
  if (request.signal.aborted) return new Response(null, { status: 499 });
  if (isZarrCacheError(error, "UnsupportedError")) return problem(501, error.message);
  if (isZarrCacheError(error, "OfflineError"))
    return problem(504, "This is not cached, and the store is offline.");
  if (isZarrCacheError(error, "CacheUnavailableError")) return retryLater(error, request, log);
  if (isZarrCacheError(error, "SourceChangedError"))
    return problem(503, "The source changed while it was read; try again.", { "Retry-After": "1" });
  if (isZarrCacheError(error, "SourceError", "NotZarrError", "FillFailedError", "BucketError"))
    return sourceFailure(error, request, log);
  log.error({ err: error, method: request.method, path: pathOf(request) }, "request failed");
  return problem(500, "Something went wrong in the server; its log tells more.");
}

function sourceFailure(error: Error, request: Request, log: Log): Response {
  log.warn({ reason: error.message, method: request.method, path: pathOf(request) }, "source failed");
  return isLate(error)
    ? problem(504, "The source did not answer in time.")
    : problem(502, "The source failed or gave no valid answer.");
}

function retryLater(error: Error, request: Request, log: Log): Response {
  log.warn({ reason: error.message, method: request.method, path: pathOf(request) }, "cache index away");
  return problem(503, "The index of the cache cannot be reached at present; try again.", {
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

function pathOf(request: Request): string {
  return new URL(request.url).pathname;
}
