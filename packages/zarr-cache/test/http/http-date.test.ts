import { expect, it } from "vitest";
import { parseHttpDate } from "../../src/http/http-date.ts";

const NOW = Date.UTC(2026, 0, 1);
const MOMENT = Date.UTC(1994, 10, 6, 8, 49, 37);

it.each([
  ["Sun, 06 Nov 1994 08:49:37 GMT", MOMENT],
  ["Sunday, 06-Nov-94 08:49:37 GMT", MOMENT],
  ["Sun Nov  6 08:49:37 1994", MOMENT],
  [" Sun, 06 Nov 1994 08:49:37 GMT ", MOMENT],
  // More than 50 years ahead is the past; up to that it is the future.
  ["Friday, 06-Nov-76 08:49:37 GMT", Date.UTC(2076, 10, 6, 8, 49, 37)],
  ["Sunday, 06-Nov-77 08:49:37 GMT", Date.UTC(1977, 10, 6, 8, 49, 37)],
  ["Sat, 31 Dec 2016 23:59:60 GMT", Date.UTC(2017, 0, 1)],
])("reads %j (RFC 9110 §5.6.7)", (text, moment) => {
  expect(parseHttpDate(text, NOW)).toBe(moment);
});

it.each([
  null,
  "",
  "0",
  "-1",
  "never",
  "Sun, 06 Nov 1994 08:49:37",
  "Sun, 06 Nov 1994 08:49:37 PST",
  "Sun, 06 Nov 1994 24:00:00 GMT",
  "Sun, 31 Feb 1994 08:49:37 GMT",
  "Sun, 06 Now 1994 08:49:37 GMT",
  "1994-11-06T08:49:37Z",
])("takes %j for no date (RFC 9110 §5.6.7)", (text) => {
  expect(parseHttpDate(text, NOW)).toBeUndefined();
});
