import type { ReadAnswer } from "zarr-cache";
import type { ServedStore } from "../context.ts";
import { type AskedRange, parseRange } from "../http/byte-range.ts";
import { cacheStatus, cachingHeaders } from "../http/caching.ts";
import { evaluate, mayAnswerRange } from "../http/conditions.ts";
import { entityTag, lastModified } from "../http/entity-tag.ts";
import { problem } from "../http/problem.ts";
import { contentTypeOf, isMetadata } from "./content-type.ts";
import type { KnownSizes } from "./known-sizes.ts";
import { type ReadValue, readValue } from "./read-value.ts";

/** What a value is served with. */
export interface Serving {
  readonly served: ServedStore;
  readonly sizes: KnownSizes;
  /** Sent with every answer, such as those of CORS. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Where a part of a value lies; `size` is that of the whole, if it is known. */
interface Placed {
  readonly first: number;
  readonly size: number | undefined;
}

/** Answers `GET` for a key: whole, or one range of it (RFC 9110 §14). */
export async function getValue(serving: Serving, key: `/${string}`, request: Request): Promise<Response> {
  const asked = parseRange(request.headers.get("range"));
  return asked === undefined ? getWhole(serving, key, request) : getPart(serving, key, request, asked);
}

/** Answers `HEAD` for a key, without reading its bytes from the source where that tells their size. */
export async function headValue(serving: Serving, key: `/${string}`, request: Request): Promise<Response> {
  const { served, sizes } = serving;
  if (await served.store.storage.has({ storeId: served.store.storeId, key }))
    return withoutBody(await getWhole(serving, key, request));
  const { size, answer } = await sizes.ask(key, request.signal);
  if (size === undefined) return withoutBody(notFound(serving, key, answer));
  const headers = describe(serving, key, answer, undefined);
  const refused = conditional(serving, request, answer, headers);
  return refused ?? new Response(null, { headers: { ...headers, "Content-Length": String(size) } });
}

async function getWhole(serving: Serving, key: `/${string}`, request: Request): Promise<Response> {
  const { value, answer } = await readValue(serving.served.store, key, undefined, request.signal);
  if (value === undefined) return missing(serving, key, request, answer);
  serving.sizes.learn(key, value.byteLength, answer.validator);
  const headers = describe(serving, key, answer, value);
  return conditional(serving, request, answer, headers) ?? bytes(200, value, headers);
}

async function getPart(
  serving: Serving,
  key: `/${string}`,
  request: Request,
  asked: AskedRange,
): Promise<Response> {
  const { served, sizes } = serving;
  // From the first byte to the end is the whole.
  if ("first" in asked && asked.first === 0 && asked.last === undefined)
    return wholeAsPart(serving, key, request);
  const length = await lengthOf(serving, key, request, asked);
  if (length === undefined) return missing(serving, key, request, undefined);
  if (length === 0) return outside(serving, key, request);
  const range = "suffix" in asked ? { suffixLength: length } : { offset: asked.first, length };
  const read = await readValue(served.store, key, range, request.signal);
  const { value, answer } = read;
  if (value === undefined) return missing(serving, key, request, answer);
  if (answer.size !== undefined) sizes.learn(key, answer.size, answer.validator);
  const headers = describe(serving, key, answer, undefined);
  const refused = conditional(serving, request, answer, headers);
  if (refused !== undefined) return refused;
  if (!mayAnswerRange(request.headers.get("if-range"), headers["ETag"]))
    return getWhole(serving, key, request);
  const placed = await place(serving, key, asked, read);
  if (placed === undefined || value.byteLength === 0) return outside(serving, key, request);
  return part(value, placed, headers);
}

/** `bytes=0-`: the whole value, as the one part that it has. */
async function wholeAsPart(serving: Serving, key: `/${string}`, request: Request): Promise<Response> {
  const { value, answer } = await readValue(serving.served.store, key, undefined, request.signal);
  if (value === undefined) return missing(serving, key, request, answer);
  const headers = describe(serving, key, answer, value);
  const refused = conditional(serving, request, answer, headers);
  if (refused !== undefined) return refused;
  if (value.byteLength === 0) return outside(serving, key, request);
  return mayAnswerRange(request.headers.get("if-range"), headers["ETag"])
    ? part(value, { first: 0, size: value.byteLength }, headers)
    : bytes(200, value, headers);
}

/** How many bytes a range asks for; 0 where it cannot be satisfied, `undefined` where the key is missing. */
async function lengthOf(
  { sizes }: Serving,
  key: `/${string}`,
  request: Request,
  asked: AskedRange,
): Promise<number | undefined> {
  if ("suffix" in asked) return asked.suffix;
  if (asked.last !== undefined) return asked.last - asked.first + 1;
  const { size } = await sizes.ask(key, request.signal);
  return size && Math.max(0, size - asked.first);
}

/** Where the bytes lie that came; `undefined` where they are none. */
async function place(
  { sizes }: Serving,
  key: `/${string}`,
  asked: AskedRange,
  { value, answer }: ReadValue,
): Promise<Placed | undefined> {
  const got = value?.byteLength ?? 0;
  const size = answer.size ?? sizes.of(key, answer.validator);
  if ("first" in asked) {
    const wanted = asked.last === undefined ? got : asked.last - asked.first + 1;
    // Fewer bytes than asked for: the value ends there.
    return { first: asked.first, size: size ?? (got < wanted ? asked.first + got : undefined) };
  }
  if (got < asked.suffix) return { first: 0, size: got };
  const known = size ?? (await sizes.askSource(key)).size;
  return known === undefined || known < got ? undefined : { first: known - got, size: known };
}

/** What is told of a value whatever the status. */
function describe(
  { served, headers }: Serving,
  key: string,
  answer: ReadAnswer,
  whole: Uint8Array | undefined,
): Record<string, string> {
  const tag = entityTag(answer.validator, whole);
  const date = lastModified(answer.validator);
  return {
    "Content-Type": contentTypeOf(key),
    "Accept-Ranges": "bytes",
    ...(tag !== undefined && { ETag: tag }),
    ...(date !== undefined && { "Last-Modified": date }),
    ...cachingHeaders(answer, served.caching, !isMetadata(key)),
    "Cache-Status": cacheStatus(answer),
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",
    ...headers,
  };
}

/** The answer that the conditions of a request ask for instead of the value, if they do. */
function conditional(
  serving: Serving,
  { headers, method }: Request,
  answer: ReadAnswer,
  described: Record<string, string>,
): Response | undefined {
  const selected = { tag: described["ETag"], lastModified: described["Last-Modified"] };
  const verdict = evaluate(headers, method, selected);
  if (verdict === "go-on") return undefined;
  if (verdict === "not-modified") {
    const { "Content-Type": _, "Accept-Ranges": __, ...kept } = described;
    return new Response(null, { status: 304, headers: kept });
  }
  return problem(412, "The value is not of the version that the request asks for.", {
    ...serving.headers,
    "Cache-Status": cacheStatus(answer),
  });
}

function missing(serving: Serving, key: string, request: Request, answer: ReadAnswer | undefined): Response {
  if (evaluate(request.headers, request.method, undefined) === "failed")
    return problem(412, "There is no value, and the request asks for one of a version.", serving.headers);
  return notFound(serving, key, answer);
}

function notFound({ served, headers }: Serving, key: string, answer: ReadAnswer | undefined): Response {
  const told = answer && {
    ...cachingHeaders(answer, served.caching, false),
    "Cache-Status": cacheStatus(answer),
  };
  return problem(404, `The store "${served.id}" has no value under ${key}.`, { ...headers, ...told });
}

/** RFC 9110 §15.5.17. */
async function outside(serving: Serving, key: `/${string}`, request: Request): Promise<Response> {
  const { size } = await serving.sizes.ask(key, request.signal);
  if (size === undefined) return missing(serving, key, request, undefined);
  return problem(416, "The value does not have these bytes.", {
    ...serving.headers,
    "Content-Range": `bytes */${size}`,
  });
}

function part(value: Uint8Array, { first, size }: Placed, headers: Record<string, string>): Response {
  return bytes(206, value, {
    ...headers,
    "Content-Range": `bytes ${first}-${first + value.byteLength - 1}/${size ?? "*"}`,
  });
}

function bytes(status: number, value: Uint8Array, headers: Record<string, string>): Response {
  // Nobody writes to what a store hands out shared, and what it hands out otherwise is ours.
  return new Response(value as Uint8Array<ArrayBuffer>, {
    status,
    headers: { ...headers, "Content-Length": String(value.byteLength) },
  });
}

function withoutBody(answer: Response): Response {
  return new Response(null, { status: answer.status, headers: answer.headers });
}
