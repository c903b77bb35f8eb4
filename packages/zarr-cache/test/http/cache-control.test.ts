import { describe, expect, it } from "vitest";
import { freshnessOf, parseCacheControl } from "../../src/http/cache-control.ts";

const SENT = Date.UTC(2026, 0, 1, 12);
const TIMES = { sentAt: SENT, receivedAt: SENT + 2000 };
const at = (seconds: number) => new Date(SENT + seconds * 1000).toUTCString();

it.each([
  ["max-age=60", { "max-age": "60" }],
  ["Max-Age=60, NO-CACHE", { "max-age": "60", "no-cache": "" }],
  ['max-age="60"', { "max-age": "60" }],
  ["max-age=60, max-age=10", { "max-age": "60" }],
  ['private="a, no-store, b", max-age=1', { private: "a, no-store, b", "max-age": "1" }],
  ['ext="a\\"b"', { ext: 'a"b' }],
  [" , ,no-store,, ", { "no-store": "" }],
  [null, {}],
])("reads Cache-Control %j (RFC 9111 §5.2)", (header, directives) => {
  expect(Object.fromEntries(parseCacheControl(header))).toEqual(directives);
});

describe("how long an answer may be kept", () => {
  const rows: readonly (readonly [string, Record<string, string>, object])[] = [
    ["says nothing", {}, { age: 0 }],
    ["max-age (RFC 9111 §5.2.2.1)", { "cache-control": "max-age=60" }, { age: 0, freshFor: 60_000 }],
    [
      "max-age over Expires (§5.3)",
      { "cache-control": "max-age=60", expires: at(5) },
      { age: 0, freshFor: 60_000 },
    ],
    ["Expires from Date (§4.2.1)", { expires: at(90), date: at(0) }, { age: 0, freshFor: 90_000 }],
    ["Expires without Date", { expires: at(92) }, { age: 0, freshFor: 90_000 }],
    ["Expires in the past", { expires: at(-5), date: at(0) }, { age: 0, freshFor: 0 }],
    ["Expires: 0 is in the past (§5.3)", { expires: "0" }, { age: 0, freshFor: 0 }],
    [
      "a max-age that is no number is stale (§4.2.1)",
      { "cache-control": "max-age=soon" },
      { age: 0, freshFor: 0 },
    ],
    ["a negative max-age is stale", { "cache-control": "max-age=-1" }, { age: 0, freshFor: 0 }],
    [
      "a huge max-age is 2^31 (§1.2.2)",
      { "cache-control": "max-age=99999999999" },
      { age: 0, freshFor: 2 ** 31 * 1000 },
    ],
    ["Age (§5.1)", { age: "7" }, { age: 7000 }],
    ["the first Age of several (§5.1)", { age: "7, 9" }, { age: 7000 }],
    ["an Age that is no number", { age: "-7" }, { age: 0 }],
    ["an old Date (§4.2.3)", { date: at(-30) }, { age: 29_001 }],
    ["the greater of Age and Date (§4.2.3)", { date: at(-30), age: "60" }, { age: 60_000 }],
    ["a Date of this very second is no age", { date: at(0) }, { age: 0 }],
    ["a Date in the future is no age", { date: at(60) }, { age: 0 }],
    [
      "no-cache (§5.2.2.4)",
      { "cache-control": "no-cache, max-age=9" },
      { age: 0, freshFor: 0, mustRevalidate: true },
    ],
    ["no-store (§5.2.2.5)", { "cache-control": "no-store" }, { age: 0, noStore: true }],
    [
      "must-revalidate (§5.2.2.2)",
      { "cache-control": "max-age=1, must-revalidate" },
      { age: 0, freshFor: 1000, mustRevalidate: true },
    ],
    [
      "immutable (RFC 8246)",
      { "cache-control": "max-age=1, immutable" },
      { age: 0, freshFor: 1000, immutable: true },
    ],
    [
      "immutable that is never fresh (RFC 8246)",
      { "cache-control": "max-age=0, immutable" },
      { age: 0, freshFor: 0 },
    ],
    [
      "immutable that is to be asked about",
      { "cache-control": "immutable, no-cache" },
      { age: 0, freshFor: 0, mustRevalidate: true },
    ],
    [
      "stale-while-revalidate, stale-if-error (RFC 5861)",
      { "cache-control": "max-age=1, stale-while-revalidate=2, stale-if-error=3" },
      { age: 0, freshFor: 1000, staleWhileRevalidate: 2000, staleIfError: 3000 },
    ],
  ];
  it.each(rows)("%s", (_, headers, freshness) => {
    expect(freshnessOf(new Headers(headers), TIMES, false)).toEqual(freshness);
  });

  it.each([
    ["s-maxage=9, max-age=5", { freshFor: 5000 }, { freshFor: 9000, mustRevalidate: true }],
    ["private, max-age=5", { freshFor: 5000, private: true }, { freshFor: 5000, noStore: true }],
    ["proxy-revalidate", {}, { mustRevalidate: true }],
  ])("%s, for one reader and for many (RFC 9111 §5.2.2)", (header, own, shared) => {
    const headers = new Headers({ "cache-control": header });
    expect(freshnessOf(headers, TIMES, false)).toEqual({ age: 0, ...own });
    expect(freshnessOf(headers, TIMES, true)).toEqual({ age: 0, ...shared });
  });
});
