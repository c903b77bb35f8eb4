import { getValue } from "../stores/serve-value.ts";
import type { Aside } from "./aside.ts";
import { mediaTypeOf } from "./media-type.ts";
import { ObjectNotFoundError } from "./object-errors.ts";
import { keyOfPath } from "./object-path.ts";

/** Answers with the bytes of an object as those of a store are, with versions, conditions and ranges, as what its name says. */
export async function objectResponse(
  { served, sizes }: Pick<Aside, "served" | "sizes">,
  path: string,
  request: Request,
): Promise<Response> {
  const answer = await getValue({ served, sizes, headers: {} }, keyOfPath(path), request);
  if (answer.status === 404) throw new ObjectNotFoundError(path);
  if (answer.ok) answer.headers.set("Content-Type", mediaTypeOf(path));
  return answer;
}
