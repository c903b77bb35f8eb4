import { isStrongValidator } from "../store/source-answer.ts";
import { parseHttpDate } from "./http-date.ts";

const ENTITY_TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;

/**
 * How much older than the answer a modification date must be to be strong. RFC 9110 §8.8.2.2 asks for a second on the
 * same clock, or for "enough difference"; a minute is what RFC 7232 said.
 */
const SETTLED_AFTER = 60_000;

/** The validator of an answer: its entity tag, else its modification date; see `SourceRead`. */
export function validatorOf(headers: Headers, now: number): string | undefined {
  const tag = headers.get("etag")?.trim();
  if (tag !== undefined && ENTITY_TAG.test(tag)) return tag;
  const text = headers.get("last-modified")?.trim();
  const modified = parseHttpDate(text ?? null, now);
  if (text === undefined || modified === undefined) return undefined;
  const date = parseHttpDate(headers.get("date"), now);
  return date !== undefined && date - modified >= SETTLED_AFTER ? text : `W/${text}`;
}

/** Whether two validators name the same version (weak comparison, RFC 9110 §8.8.3.2); `undefined`: of different kinds. */
export function isSameVersion(one: string, other: string): boolean | undefined {
  if (isTag(one) !== isTag(other)) return undefined;
  return opaque(one) === opaque(other);
}

/** The headers that ask for a value only if it is another version (RFC 9110 §13.1.2, §13.1.3). */
export function headersUnless(validator: string): Record<string, string> {
  return isTag(validator) ? { "if-none-match": validator } : { "if-modified-since": opaque(validator) };
}

/**
 * The headers that ask for a value only if it is this version (RFC 9110 §13.1.1): for strong entity tags alone, since
 * the others never match there. The answer's validator is compared in any case.
 */
export function headersOnlyIf(validator: string): Record<string, string> {
  return isTag(validator) && isStrongValidator(validator) ? { "if-match": validator } : {};
}

function isTag(validator: string): boolean {
  return validator.endsWith('"');
}

function opaque(validator: string): string {
  return isStrongValidator(validator) ? validator : validator.slice(2);
}
