import { answerWith, toResponse } from "../http/answer.ts";
import { askedBy } from "../http/asked.ts";
import { getValue } from "../stores/serve-value.ts";
import type { Aside } from "./aside.ts";
import { mediaTypeOf } from "./media-type.ts";
import { ObjectNotFoundError } from "./object-errors.ts";
import { keyOfPath } from "./object-path.ts";

const NO_HEADERS = {};

/** Answers with the bytes of an object as those of a store are, with versions, conditions and ranges, as what its name says. */
export async function objectResponse(
  { served, sizes, described }: Pick<Aside, "served" | "sizes" | "described">,
  path: string,
  request: Request,
): Promise<Response> {
  const serving = { served, sizes, described, headers: NO_HEADERS };
  const answer = await getValue(serving, keyOfPath(path), askedBy(request));
  const { status } = answer;
  if (status === 404) throw new ObjectNotFoundError(path);
  const isValue = status === 200 || status === 206;
  return toResponse(isValue ? answerWith(answer, { "Content-Type": mediaTypeOf(path) }) : answer);
}
