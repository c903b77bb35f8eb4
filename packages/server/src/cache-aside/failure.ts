import { FunctionError } from "../functions/function-error.ts";
import { answerFailure } from "../http/failure.ts";
import { problem } from "../http/problem.ts";
import type { Log } from "../log.ts";
import { BadRequestError } from "./bad-request.ts";
import { NotKeptError, ObjectNotFoundError } from "./object-errors.ts";

/** Answers a request about objects or functions that failed, and any other as the server does. */
export function answerAsideFailure(error: unknown, request: Request, log: Log): Response {
  if (error instanceof BadRequestError) return problem(error.status, error.message);
  if (error instanceof ObjectNotFoundError) return problem(404, error.message);
  if (error instanceof NotKeptError) return problem(507, error.message);
  if (!(error instanceof FunctionError)) return answerFailure(error, request, log);
  const { status, message, code, functionName } = error;
  if (status >= 500) log.warn({ function: functionName, code, reason: message }, "function failed");
  return problem(status, message, status === 503 ? { "Retry-After": "5" } : {}, { code });
}
