import { BodyTooLargeError, readBody } from "../http/request-body.ts";
import { BadRequestError } from "./bad-request.ts";

/** Longest body of JSON, in bytes. */
const LONGEST = 2 ** 20;

/** Reads a body of JSON; throws {@link BadRequestError} for any other, 415 where the request does not call it so. */
export async function readJson(request: Request): Promise<unknown> {
  const type = request.headers.get("Content-Type") ?? "";
  // Also keeps forms of other sites out: those that a browser sends without asking cannot be of this type.
  if (!/^application\/(?:[^;\s]+\+)?json\s*(?:;|$)/i.test(type))
    throw new BadRequestError("Send JSON, with Content-Type: application/json.", 415);
  try {
    const bytes = await readBody(request, LONGEST);
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    if (error instanceof BodyTooLargeError)
      throw new BadRequestError(`The body is longer than ${LONGEST} bytes.`, 413);
    if (request.signal.aborted) throw error;
    throw new BadRequestError(`The body is not JSON: ${(error as Error).message}.`);
  }
}
