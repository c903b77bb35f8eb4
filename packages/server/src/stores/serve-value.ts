import { isStrongValidator, isZarrCacheError, type MaybePromise, type ReadAnswer } from "zarr-cache";
import type { ServedStore } from "../context.ts";
import { type Answer, type AnswerHeaders, withoutBody } from "../http/answer.ts";
import type { Asked } from "../http/asked.ts";
import { type AskedRange, parseRange } from "../http/byte-range.ts";
import { cacheStatus, cachingHeaders } from "../http/caching.ts";
import { evaluate, mayAnswerRange } from "../http/conditions.ts";
import { entityTag } from "../http/entity-tag.ts";
import { problemAnswer } from "../http/problem.ts";
import { describeValue, type ValueHeaders } from "./describe-value.ts";
import type { AskedSize, KnownSizes } from "./known-sizes.ts";
import { isPromise, type ReadValue, readValue } from "./read-value.ts";

/** What a value is served with. */
export interface Serving {
  readonly served: ServedStore;
  readonly sizes: KnownSizes;
  readonly described: ValueHeaders;
  /** Sent with every answer, such as those of CORS. */
  readonly headers: AnswerHeaders;
}

/** Where a part of a value lies; `size` is that of the whole, if it is known. */
interface Placed {
  readonly first: number;
  readonly size: number | undefined;
}

/** Answers `GET` for a key: whole, or one range of it (RFC 9110 §14). */
export function getValue(serving: Serving, key: `/${string}`, request: Asked): MaybePromise<Answer> {
  const asked = parseRange(request.headers.get("range"));
  return asked === undefined ? getWhole(serving, key, request) : getPart(serving, key, request, asked);
}

/** Answers `HEAD` for a key, without reading its bytes from the source where that tells their size. */
export async function headValue(serving: Serving, key: `/${string}`, request: Asked): Promise<Answer> {
  if (await isToldByBytes(serving, key)) return withoutBody(await getWhole(serving, key, request));
  const { size, answer } = await sizeOf(serving, key, request);
  if (size === undefined) return withoutBody(notFound(serving, key, answer));
  const headers = describePart(serving, key, answer);
  const refused = conditional(serving, request, answer, headers);
  return refused ?? { status: 200, headers: { ...headers, "Content-Length": String(size) } };
}

/**
 * Whether the headers of a value follow from bytes that are cached: its tag does, where the source has told none. What has a
 * tag may be past its age, and is asked about by a part of it.
 */
async function isToldByBytes({ served, sizes }: Serving, key: string): Promise<boolean> {
  const { storage, storeId } = served.store;
  const part = { storeId, key };
  const held = await storage.peek(part);
  if (held === undefined) return storage.has(part);
  const { validator, size, missing, expiresAt } = held;
  if (missing || storage.now() >= expiresAt) return false;
  if (validator === undefined || !isStrongValidator(validator)) return true;
  sizes.learn(key, size, validator);
  return false;
}

/** The size that a value has now, though its ranges that were read may be of another version. */
async function sizeOf({ sizes }: Serving, key: `/${string}`, request: Asked): Promise<AskedSize> {
  try {
    return await sizes.ask(key, request);
  } catch (error) {
    if (!isZarrCacheError(error, "SourceChangedError")) throw error;
    return sizes.askSource(key);
  }
}

/** In the same turn where memory has it. */
function getWhole(serving: Serving, key: `/${string}`, request: Asked): MaybePromise<Answer> {
  const read = readValue(serving.served.store, key, undefined, request);
  return isPromise(read)
    ? read.then((waited) => answerWhole(serving, key, request, waited))
    : answerWhole(serving, key, request, read);
}

function answerWhole(serving: Serving, key: string, request: Asked, { value, answer }: ReadValue): Answer {
  if (value === undefined) return missing(serving, key, request, answer);
  serving.sizes.learn(key, value.byteLength, answer.validator);
  const headers = serving.described.of(key, answer, value, serving.headers);
  return conditional(serving, request, answer, headers) ?? { status: 200, headers, body: value };
}

async function getPart(
  serving: Serving,
  key: `/${string}`,
  request: Asked,
  asked: AskedRange,
): Promise<Answer> {
  const { served, sizes } = serving;
  // From the first byte to the end is the whole.
  if ("first" in asked && asked.first === 0 && asked.last === undefined)
    return wholeAsPart(serving, key, request);
  const length = await lengthOf(serving, key, request, asked);
  if (length === undefined) return missing(serving, key, request, undefined);
  if (length === 0) return noBytes(serving, key, request);
  const range = "suffix" in asked ? { suffixLength: length } : { offset: asked.first, length };
  const read = await readValue(served.store, key, range, request);
  const { value, answer } = read;
  if (value === undefined) return missing(serving, key, request, answer);
  if (answer.size !== undefined) sizes.learn(key, answer.size, answer.validator);
  const headers = describePart(serving, key, answer);
  const refused = conditional(serving, request, answer, headers);
  if (refused !== undefined) return refused;
  if (!mayAnswerRange(request.headers.get("if-range"), headers["ETag"]))
    return getWhole(serving, key, request);
  const placed = await place(serving, key, asked, read);
  if (placed === undefined || value.byteLength === 0) return outside(serving, key, request);
  return part(value, placed, headers);
}

/** `bytes=0-`: the whole value, as the one part that it has. */
async function wholeAsPart(serving: Serving, key: `/${string}`, request: Asked): Promise<Answer> {
  const { value, answer } = await readValue(serving.served.store, key, undefined, request);
  if (value === undefined) return missing(serving, key, request, answer);
  const headers = serving.described.of(key, answer, value, serving.headers);
  const refused = conditional(serving, request, answer, headers);
  if (refused !== undefined) return refused;
  if (!mayAnswerRange(request.headers.get("if-range"), headers["ETag"]))
    return { status: 200, headers, body: value };
  const size = value.byteLength;
  return size === 0 ? notSatisfiable(serving, 0) : part(value, { first: 0, size }, headers);
}

/** How many bytes a range asks for; 0 where it cannot be satisfied, `undefined` where the key is missing. */
async function lengthOf(
  { sizes }: Serving,
  key: `/${string}`,
  request: Asked,
  asked: AskedRange,
): Promise<number | undefined> {
  if ("suffix" in asked) return asked.suffix;
  if (asked.last !== undefined) return asked.last - asked.first + 1;
  const { size } = await sizes.ask(key, request);
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

/** What is told of a value of which the bytes are not all at hand. */
function describePart({ served, headers }: Serving, key: string, answer: ReadAnswer): AnswerHeaders {
  return describeValue(key, answer, entityTag(answer.validator, undefined), served.caching, headers);
}

/** The answer that the conditions of a request ask for instead of the value, if they do. */
function conditional(
  serving: Serving,
  { headers, method }: Asked,
  answer: ReadAnswer,
  described: AnswerHeaders,
): Answer | undefined {
  const selected = { tag: described["ETag"], lastModified: described["Last-Modified"] };
  const verdict = evaluate(headers, method, selected);
  if (verdict === "go-on") return undefined;
  if (verdict === "not-modified") {
    const { "Content-Type": _, "Accept-Ranges": __, "Content-Length": ___, ...kept } = described;
    return { status: 304, headers: kept };
  }
  return problemAnswer(412, "The value is not of the version that the request asks for.", {
    ...serving.headers,
    "Cache-Status": cacheStatus(answer),
  });
}

function missing(serving: Serving, key: string, request: Asked, answer: ReadAnswer | undefined): Answer {
  if (evaluate(request.headers, request.method, undefined) === "failed")
    return problemAnswer(
      412,
      "There is no value, and the request asks for one of a version.",
      serving.headers,
    );
  return notFound(serving, key, answer);
}

function notFound({ served, headers }: Serving, key: string, answer: ReadAnswer | undefined): Answer {
  const told = answer && {
    ...cachingHeaders(answer, served.caching, false),
    "Cache-Status": cacheStatus(answer),
  };
  return problemAnswer(404, `The store "${served.id}" has no value under ${key}.`, { ...headers, ...told });
}

/** A range without a byte: what the conditions ask for comes before it (RFC 9110 §13.2.2), and without it is the whole. */
async function noBytes(serving: Serving, key: `/${string}`, request: Asked): Promise<Answer> {
  const { size, answer } = await serving.sizes.ask(key, request);
  if (size === undefined) return missing(serving, key, request, answer);
  const headers = describePart(serving, key, answer);
  const refused = conditional(serving, request, answer, headers);
  if (refused !== undefined) return refused;
  return mayAnswerRange(request.headers.get("if-range"), headers["ETag"])
    ? notSatisfiable(serving, size)
    : getWhole(serving, key, request);
}

async function outside(serving: Serving, key: `/${string}`, request: Asked): Promise<Answer> {
  const { size } = await serving.sizes.ask(key, request);
  if (size === undefined) return missing(serving, key, request, undefined);
  return notSatisfiable(serving, size);
}

/** RFC 9110 §15.5.17. */
function notSatisfiable({ headers }: Serving, size: number): Answer {
  return problemAnswer(416, "The value does not have these bytes.", {
    ...headers,
    "Content-Range": `bytes */${size}`,
  });
}

function part(value: Uint8Array, { first, size }: Placed, headers: AnswerHeaders): Answer {
  return {
    status: 206,
    headers: {
      ...headers,
      "Content-Range": `bytes ${first}-${first + value.byteLength - 1}/${size ?? "*"}`,
      "Content-Length": String(value.byteLength),
    },
    body: value,
  };
}
