import { describe, expect, it } from "vitest";
import { headersOnlyIf, headersUnless, isSameVersion, validatorOf } from "../../src/http/validators.ts";
import { isStrongValidator } from "../../src/store/source-answer.ts";

const NOW = Date.UTC(2026, 0, 1);
const MODIFIED = "Sun, 06 Nov 1994 08:49:37 GMT";

describe("the validator of an answer", () => {
  it.each([
    ["a strong entity tag (RFC 9110 §8.8.3)", { etag: '"v1"' }, '"v1"'],
    ["a weak one", { etag: 'W/"v1"' }, 'W/"v1"'],
    ["an empty one", { etag: '""' }, '""'],
    ["the tag rather than the date", { etag: '"v1"', "last-modified": MODIFIED }, '"v1"'],
    ["no tag without quotes", { etag: "v1" }, undefined],
    ["no tag with a blank in it", { etag: '"v 1"' }, undefined],
    ["no tag in a list", { etag: '"v1", "v2"' }, undefined],
    ["no tag with a small w", { etag: 'w/"v1"' }, undefined],
    [
      "a date a minute before the answer, which is strong (RFC 9110 §8.8.2.2)",
      { "last-modified": MODIFIED, date: "Sun, 06 Nov 1994 08:50:37 GMT" },
      MODIFIED,
    ],
    [
      "a date just before the answer, which is weak (RFC 9110 §8.8.2.2)",
      { "last-modified": MODIFIED, date: "Sun, 06 Nov 1994 08:50:36 GMT" },
      `W/${MODIFIED}`,
    ],
    [
      "a date without the answer's, which is weak (RFC 9110 §8.8.2.2)",
      { "last-modified": MODIFIED },
      `W/${MODIFIED}`,
    ],
    ["the date where the tag is none", { etag: "v1", "last-modified": MODIFIED }, `W/${MODIFIED}`],
    ["no date that is none", { "last-modified": "yesterday" }, undefined],
    ["nothing", {}, undefined],
  ] as const)("is %s", (_, headers, validator) => {
    expect(validatorOf(new Headers(headers as Record<string, string>), NOW)).toBe(validator);
  });
});

it.each([
  ['"1"', '"1"', true],
  ['"1"', 'W/"1"', true],
  ['W/"1"', 'W/"1"', true],
  ['W/"1"', 'W/"2"', false],
  ['"1"', '"2"', false],
  [MODIFIED, `W/${MODIFIED}`, true],
  [MODIFIED, "Sun, 06 Nov 1994 08:49:38 GMT", false],
  ['"1"', MODIFIED, undefined],
])("compares %s and %s (RFC 9110 §8.8.3.2)", (one, other, same) => {
  expect(isSameVersion(one, other)).toBe(same);
  expect(isSameVersion(other, one)).toBe(same);
});

it.each([
  ['"1"', true, { "if-none-match": '"1"' }, { "if-match": '"1"' }],
  ['W/"1"', false, { "if-none-match": 'W/"1"' }, {}],
  [MODIFIED, true, { "if-modified-since": MODIFIED }, {}],
  [`W/${MODIFIED}`, false, { "if-modified-since": MODIFIED }, {}],
])("asks by %s (RFC 9110 §13.1)", (validator, strong, unless, onlyIf) => {
  expect(isStrongValidator(validator)).toBe(strong);
  expect(headersUnless(validator)).toEqual(unless);
  expect(headersOnlyIf(validator)).toEqual(onlyIf);
});
