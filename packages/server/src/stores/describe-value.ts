import { isStrongValidator, type ReadAnswer } from "zarr-cache";
import type { AnswerHeaders } from "../http/answer.ts";
import { type ClientCaching, cacheStatus, cachingHeaders } from "../http/caching.ts";
import { entityTag, lastModified } from "../http/entity-tag.ts";
import { contentTypeOf, isMetadata } from "./content-type.ts";

/** What is told of a value whatever the status; `cors` is what pages of the asking origin need. */
export function describeValue(
  key: string,
  answer: ReadAnswer,
  tag: string | undefined,
  caching: ClientCaching,
  cors: AnswerHeaders,
): AnswerHeaders {
  const date = lastModified(answer.validator);
  return {
    "Content-Type": contentTypeOf(key),
    "Accept-Ranges": "bytes",
    ...(tag !== undefined && { ETag: tag }),
    ...(date !== undefined && { "Last-Modified": date }),
    ...cachingHeaders(answer, caching, !isMetadata(key)),
    "Cache-Status": cacheStatus(answer),
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",
    ...cors,
  };
}

/** What the headers of a whole value follow from, and they. */
interface Described {
  readonly answer: ReadAnswer;
  readonly age: number;
  readonly freshFor: number;
  readonly size: number;
  readonly tag: string | undefined;
  /** Whether the validator alone tells the tag. */
  readonly isStrong: boolean;
  readonly cors: AnswerHeaders;
  readonly headers: AnswerHeaders;
}

const MOST = 2048;

/**
 * The headers of whole values of a store, as they were made last for each of some keys: what is asked for again within the
 * same second has the same ones, the same object even, so that whoever writes them may keep what it made of them.
 */
export class ValueHeaders {
  readonly #caching: ClientCaching;
  readonly #described = new Map<string, Described>();

  constructor(caching: ClientCaching) {
    this.#caching = caching;
  }

  /** The headers of a whole value, its length included. */
  of(key: string, answer: ReadAnswer, value: Uint8Array, cors: AnswerHeaders): AnswerHeaders {
    const last = this.#described.get(key);
    if (last !== undefined && isStill(last, answer, value, cors)) return last.headers;
    const { validator } = answer;
    const size = value.byteLength;
    const tag = entityTag(validator, value);
    const described = describeValue(key, answer, tag, this.#caching, cors);
    const headers = { ...described, "Content-Length": String(size) };
    if (this.#described.size >= MOST) this.#described.clear();
    this.#described.set(key, {
      answer,
      age: wholeSeconds(answer.age),
      freshFor: wholeSeconds(answer.freshFor),
      size,
      tag,
      isStrong: validator !== undefined && isStrongValidator(validator),
      cors,
      headers,
    });
    return headers;
  }
}

function isStill(last: Described, answer: ReadAnswer, value: Uint8Array, cors: AnswerHeaders): boolean {
  const { from, tier, validator, isKept, age, freshFor } = answer;
  return (
    last.age === wholeSeconds(age) &&
    last.freshFor === wholeSeconds(freshFor) &&
    last.answer.from === from &&
    last.answer.tier === tier &&
    last.answer.validator === validator &&
    last.answer.isKept === isKept &&
    last.size === value.byteLength &&
    last.cors === cors &&
    (last.isStrong || last.tag === entityTag(validator, value))
  );
}

/** Headers tell no fractions of seconds. */
function wholeSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
