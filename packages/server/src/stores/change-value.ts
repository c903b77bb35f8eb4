import { evaluate } from "../http/conditions.ts";
import { entityTag, lastModified } from "../http/entity-tag.ts";
import { problem } from "../http/problem.ts";
import { readBody } from "../http/request-body.ts";
import { readValue } from "./read-value.ts";
import type { Serving } from "./serve-value.ts";

/** Answers `PUT`: writes a value to the source; what is cached of it is refreshed. 201 where there was none (RFC 9110 §9.3.4). */
export async function putValue(
  serving: Serving,
  key: `/${string}`,
  request: Request,
  maxBytes: number,
): Promise<Response> {
  const { headers } = request;
  const coding = headers.get("content-encoding");
  if (coding !== null && coding.toLowerCase() !== "identity")
    return problem(415, "Values are written as they are, without Content-Encoding.", serving.headers);
  if (headers.has("content-range"))
    return problem(400, "Values are written whole, without Content-Range.", serving.headers);
  const refused = await refusedByVersion(serving, key, request);
  if (refused !== undefined) return refused;
  const { store } = serving.served;
  const bytes = await readBody(request, maxBytes);
  // A source that does not tell may well be written to.
  const isThere = await store.has(key, { signal: request.signal }).catch(() => true);
  await store.set(key, bytes);
  return new Response(null, { status: isThere ? 204 : 201, headers: serving.headers });
}

/** Answers `DELETE`: removes a value from the source, and what is cached of it. */
export async function deleteValue(serving: Serving, key: `/${string}`, request: Request): Promise<Response> {
  const refused = await refusedByVersion(serving, key, request);
  if (refused !== undefined) return refused;
  await serving.served.store.delete(key);
  return new Response(null, { status: 204, headers: serving.headers });
}

/** Compares the versions that a write asks for with what there is at the moment, which another write may change. */
async function refusedByVersion(
  { served, headers }: Serving,
  key: `/${string}`,
  request: Request,
): Promise<Response | undefined> {
  const asked = ["if-match", "if-none-match", "if-unmodified-since"];
  if (!asked.some((name) => request.headers.has(name))) return undefined;
  const { value, answer } = await readValue(served.store, key, undefined, request);
  const { validator } = answer;
  const selected = value && { tag: entityTag(validator, value), lastModified: lastModified(validator) };
  if (evaluate(request.headers, request.method, selected) === "go-on") return undefined;
  return problem(412, "The value is not of the version that the request asks for.", headers);
}
