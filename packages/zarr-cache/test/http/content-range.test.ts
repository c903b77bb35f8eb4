import { expect, it } from "vitest";
import {
  parseContentLength,
  parseContentRange,
  parseUnsatisfiedRange,
} from "../../src/http/content-range.ts";

it.each([
  ["bytes 0-9/100", { start: 0, end: 10, size: 100 }],
  ["Bytes 90-99/100", { start: 90, end: 100, size: 100 }],
  ["bytes 0-9/*", { start: 0, end: 10, size: undefined }],
  ["bytes 9-0/100", undefined],
  ["bytes 0-100/100", undefined],
  ["bytes */100", undefined],
  ["bytes 0-9", undefined],
  ["bytes=0-9/100", undefined],
  ["items 0-9/100", undefined],
  ["bytes -1-9/100", undefined],
  ["bytes 0-99999999999999999999/*", undefined],
  [null, undefined],
])("reads Content-Range %j (RFC 9110 §14.4)", (header, place) => {
  expect(parseContentRange(header)).toEqual(place);
});

it.each([
  ["bytes */100", 100],
  ["bytes */0", 0],
  ["bytes */*", undefined],
  ["bytes 0-9/100", undefined],
  [null, undefined],
])("reads Content-Range %j of an answer 416 (RFC 9110 §14.4)", (header, size) => {
  expect(parseUnsatisfiedRange(header)).toBe(size);
});

it.each([
  ["0", 0],
  ["42", 42],
  ["42, 42", 42],
  ["42, 43", undefined],
  ["-1", undefined],
  ["4.2", undefined],
  ["0x10", undefined],
  ["", undefined],
  [null, undefined],
])("reads Content-Length %j (RFC 9110 §8.6)", (header, length) => {
  expect(parseContentLength(header)).toBe(length);
});
