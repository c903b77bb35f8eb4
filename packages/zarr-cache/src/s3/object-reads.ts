import { freshnessOf } from "../http/cache-control.ts";
import { expectedAt, foundInstead } from "../http/found-instead.ts";
import { type Asked, judgeAnswer } from "../http/judge-answer.ts";
import { isSameVersion, validatorOf } from "../http/validators.ts";
import { classOf } from "../key.ts";
import { type RangeQuery, sliceRange } from "../range.ts";
import type { SourceAnswer, SourceFacts, SourceRead } from "../store/source-answer.ts";
import { NotZarrError, SourceChangedError } from "../store/source-errors.ts";
import type { Bucket } from "./bucket.ts";
import { dropBody, type ObjectBody, readExactly, WrongAnswerError } from "./object-body.ts";
import type { ObjectHead } from "./object-head.ts";
import type { S3SourceSettings } from "./s3-source-options.ts";
import { type KeyedObject, sourceFailure } from "./source-failure.ts";

/** An answer, or that the value has none of the bytes; `size` is then that of the value, if it was told. */
export type TakenObject = SourceAnswer | { readonly status: "beyond"; readonly facts: SourceFacts };

/**
 * Reads an object or a range of it under conditions. An answer of S3 is one of HTTP, and is judged by the same rules:
 * what is not certainly the bytes asked for is an error.
 */
export async function readObject(
  bucket: Bucket,
  settings: S3SourceSettings,
  object: KeyedObject,
  { range, ifMatch, ifNoneMatch, ...waiting }: SourceRead,
): Promise<TakenObject> {
  const { missing, clock, shared } = settings;
  const asked: Asked = { missing: [404, ...missing], ifMatch, ifNoneMatch, ...(range && { range }) };
  const conditions = {
    ...(range && { range: rangeHeader(range) }),
    ...(isTag(ifMatch) && { ifMatch }),
    ...(isTag(ifNoneMatch, true) && { ifNoneMatch }),
  };
  const read = async (
    sentAt: number,
    head: ObjectHead,
    body: ObjectBody | undefined,
    attempt: AbortSignal,
  ): Promise<TakenObject> => {
    const receivedAt = clock();
    const { status, headers } = head;
    const verdict = judgeAnswer(asked, { status, headers, hidden: false }, receivedAt);
    const validator = validatorOf(headers, receivedAt);
    const facts: SourceFacts = {
      freshness: freshnessOf(headers, { sentAt, receivedAt }, shared),
      ...(validator !== undefined && { validator }),
    };
    if (verdict.kind === "whole" || verdict.kind === "part") {
      // A server that does not know `If-None-Match` sends what is at hand.
      if (ifNoneMatch !== undefined && validator !== undefined && isSameVersion(ifNoneMatch, validator)) {
        dropBody(body);
        return { status: "unchanged", ...facts };
      }
      const bytes = await bytesOf(verdict.length, body, settings.maxBytes, attempt);
      const size = verdict.kind === "whole" ? bytes.byteLength : verdict.size;
      const told = { ...facts, cost: clock() - sentAt, ...(size !== undefined && { size }) };
      if (verdict.kind === "part") return { status: "value", value: bytes, ...told };
      const instead = classOf(object.key) === "metadata" ? foundInstead(object.key, bytes) : undefined;
      if (instead !== undefined)
        throw new NotZarrError(object.url, object.key, instead.found, instead.expected);
      return range === undefined
        ? { status: "value", value: bytes, ...told }
        : { status: "value", value: sliceRange(bytes, range), whole: bytes, ...told };
    }
    dropBody(body);
    switch (verdict.kind) {
      case "missing":
        return { status: "missing", ...facts };
      case "unchanged":
        // RFC 9110 §15.4.5 asks for the tag here too; servers forget it.
        return {
          status: "unchanged",
          ...(ifNoneMatch !== undefined && { validator: ifNoneMatch }),
          ...facts,
        };
      case "beyond":
      case "no-suffix":
        return { status: "beyond", facts: { ...facts, ...sizeOf(verdict.size) } };
      case "changed":
        throw new SourceChangedError(object.url, object.key, ifMatch ?? "", verdict.found);
      case "not-zarr":
        throw new NotZarrError(object.url, object.key, verdict.found, expectedAt(object.key));
      case "failure":
        throw new WrongAnswerError(verdict.reason, verdict.retry);
    }
  };
  let attempts = 0;
  const begin = () => {
    const sentAt = clock();
    attempts++;
    return (head: ObjectHead, body: ObjectBody | undefined, attempt: AbortSignal) =>
      read(sentAt, head, body, attempt);
  };
  try {
    return await bucket.ask(object.objectKey, conditions, missing, waiting, begin);
  } catch (error) {
    throw sourceFailure(error, object, attempts);
  }
}

async function bytesOf(
  length: number | undefined,
  body: ObjectBody | undefined,
  most: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (length === undefined) throw new WrongAnswerError("the answer does not say how long it is");
  if (length > most)
    throw new WrongAnswerError(
      `the answer has ${length} bytes, more than the ${most} that are allowed; raise \`maxBytes\` if that is right`,
    );
  const bytes = new Uint8Array(length);
  try {
    await readExactly(body, [bytes], signal);
  } catch (error) {
    if (!(error instanceof WrongAnswerError)) throw error;
    throw new WrongAnswerError("the answer is not as long as it says", true);
  }
  return bytes;
}

function sizeOf(size: number | undefined): { readonly size?: number } {
  return size === undefined ? {} : { size };
}

/** Whether a validator is an entity tag that a condition can name; `If-Match` never matches a weak one. */
function isTag(validator: string | undefined, weak = false): validator is string {
  return validator?.endsWith('"') === true && (weak || validator.startsWith('"'));
}

/** RFC 9110 §14.1.1. */
function rangeHeader(range: RangeQuery): string {
  return "suffixLength" in range
    ? `bytes=-${range.suffixLength}`
    : `bytes=${range.offset}-${range.offset + range.length - 1}`;
}
