import { describe, expect, it } from "vitest";
import { type Asked, judgeAnswer, type Verdict } from "../../src/http/judge-answer.ts";

const NOW = Date.UTC(2026, 0, 1);
const MISSING = { missing: [404, 410] };
const RANGE = { ...MISSING, range: { offset: 10, length: 5 } };
const SUFFIX = { ...MISSING, range: { suffixLength: 5 } };

type Row = readonly [
  string,
  Asked,
  number,
  Record<string, string>,
  Partial<Verdict> & { readonly kind: string },
];

const WHOLES: readonly Row[] = [
  ["200", MISSING, 200, { "content-length": "9" }, { kind: "whole", length: 9 }],
  ["200 of unknown length", MISSING, 200, {}, { kind: "whole", length: undefined }],
  [
    "200 compressed on its way",
    MISSING,
    200,
    { "content-length": "9", "content-encoding": "gzip" },
    { kind: "whole", length: undefined },
  ],
  [
    "200 not compressed",
    MISSING,
    200,
    { "content-length": "9", "content-encoding": "identity" },
    { kind: "whole", length: 9 },
  ],
  ["200 to a range (§14.2)", RANGE, 200, { "content-length": "99" }, { kind: "whole", length: 99 }],
  [
    "200 of another version (§13.1.1)",
    { ...MISSING, ifMatch: '"1"' },
    200,
    { etag: '"2"' },
    { kind: "changed", found: '"2"' },
  ],
  ["a page of HTML", MISSING, 200, { "content-type": "text/html; charset=utf-8" }, { kind: "not-zarr" }],
  ["a page of XHTML", MISSING, 200, { "content-type": "application/xhtml+xml" }, { kind: "not-zarr" }],
  [
    "200 in a coding that is none",
    MISSING,
    200,
    { "content-length": "9", "content-encoding": "aws-chunked" },
    { kind: "whole", length: 9 },
  ],
  ["404", MISSING, 404, {}, { kind: "missing" }],
  ["410", MISSING, 410, {}, { kind: "missing" }],
  ["403", MISSING, 403, {}, { kind: "failure", retry: false }],
  ["403 where it means missing", { missing: [403] }, 403, {}, { kind: "missing" }],
  ["404 where it does not", { missing: [403] }, 404, {}, { kind: "failure", retry: false }],
  ["401", MISSING, 401, {}, { kind: "failure", retry: false }],
  ["408", MISSING, 408, {}, { kind: "failure", retry: false }],
  ["429", MISSING, 429, {}, { kind: "failure", retry: true }],
  ["500", MISSING, 500, {}, { kind: "failure", retry: true }],
  ["501 (§15.6.2)", MISSING, 501, {}, { kind: "failure", retry: false }],
  [
    "503 with a page of HTML",
    MISSING,
    503,
    { "content-type": "text/html" },
    { kind: "failure", retry: true },
  ],
  ["204", MISSING, 204, {}, { kind: "failure", retry: false }],
  ["203 (§15.3.4)", MISSING, 203, {}, { kind: "failure", retry: false }],
  ["304 that was asked for (§15.4.5)", { ...MISSING, ifNoneMatch: '"1"' }, 304, {}, { kind: "unchanged" }],
  ["304 that was not asked for", MISSING, 304, {}, { kind: "failure", retry: false }],
  ["412 (§15.5.13)", { ...MISSING, ifMatch: '"1"' }, 412, { etag: '"2"' }, { kind: "changed", found: '"2"' }],
  ["412 that was not asked for", MISSING, 412, {}, { kind: "failure", retry: false }],
  ["416 to no range", MISSING, 416, {}, { kind: "failure", retry: false }],
  [
    "206 to no range (§15.3.7)",
    MISSING,
    206,
    { "content-range": "bytes 0-9/10" },
    { kind: "failure", retry: false },
  ],
];

const PARTS: readonly Row[] = [
  [
    "the bytes asked for",
    RANGE,
    206,
    { "content-range": "bytes 10-14/99", "content-length": "5" },
    { kind: "part", length: 5, size: 99 },
  ],
  [
    "the same without length",
    RANGE,
    206,
    { "content-range": "bytes 10-14/99" },
    { kind: "part", length: 5, size: 99 },
  ],
  [
    "the same without size (§14.4)",
    RANGE,
    206,
    { "content-range": "bytes 10-14/*" },
    { kind: "part", length: 5, size: undefined },
  ],
  [
    "clipped at the end (§14.1.2)",
    RANGE,
    206,
    { "content-range": "bytes 10-11/12" },
    { kind: "part", length: 2, size: 12 },
  ],
  [
    "fewer, not at the end",
    RANGE,
    206,
    { "content-range": "bytes 10-13/99" },
    { kind: "failure", retry: false },
  ],
  [
    "fewer, of unknown size",
    RANGE,
    206,
    { "content-range": "bytes 10-13/*" },
    { kind: "failure", retry: false },
  ],
  ["more", RANGE, 206, { "content-range": "bytes 10-15/99" }, { kind: "failure", retry: false }],
  ["others", RANGE, 206, { "content-range": "bytes 0-4/99" }, { kind: "failure", retry: false }],
  ["no Content-Range", RANGE, 206, { "content-length": "5" }, { kind: "failure", retry: false }],
  [
    "a broken Content-Range",
    RANGE,
    206,
    { "content-range": "bytes 10-14" },
    { kind: "failure", retry: false },
  ],
  [
    "another length than the range",
    RANGE,
    206,
    { "content-range": "bytes 10-14/99", "content-length": "4" },
    { kind: "failure", retry: true },
  ],
  [
    "several parts (§14.6)",
    RANGE,
    206,
    { "content-type": "multipart/byteranges; boundary=x" },
    { kind: "failure", retry: false },
  ],
  [
    "compressed on its way",
    RANGE,
    206,
    { "content-range": "bytes 10-14/99", "content-encoding": "gzip" },
    { kind: "failure", retry: false },
  ],
  [
    "another version",
    { ...RANGE, ifMatch: '"1"' },
    206,
    { "content-range": "bytes 10-14/99", etag: '"2"' },
    { kind: "changed", found: '"2"' },
  ],
  [
    "the version asked for",
    { ...RANGE, ifMatch: '"1"' },
    206,
    { "content-range": "bytes 10-14/99", etag: '"1"' },
    { kind: "part" },
  ],
  ["no version", { ...RANGE, ifMatch: '"1"' }, 206, { "content-range": "bytes 10-14/99" }, { kind: "part" }],
  ["behind the end (§15.5.17)", RANGE, 416, { "content-range": "bytes */10" }, { kind: "beyond", size: 10 }],
  ["behind an end that is not told", RANGE, 416, {}, { kind: "beyond", size: undefined }],
  [
    "behind the end of another version (§15.5.17)",
    { ...RANGE, ifMatch: 'W/"1"' },
    416,
    { "content-range": "bytes */10", etag: 'W/"2"' },
    { kind: "changed", found: 'W/"2"' },
  ],
  [
    "refused within the value",
    RANGE,
    416,
    { "content-range": "bytes */11" },
    { kind: "failure", retry: false },
  ],
];

const SUFFIXES: readonly Row[] = [
  ["the end", SUFFIX, 206, { "content-range": "bytes 94-98/99" }, { kind: "part", length: 5, size: 99 }],
  [
    "the whole, being shorter (§14.1.2)",
    SUFFIX,
    206,
    { "content-range": "bytes 0-2/3" },
    { kind: "part", length: 3, size: 3 },
  ],
  ["less than the end", SUFFIX, 206, { "content-range": "bytes 95-98/99" }, { kind: "failure" }],
  ["not the end", SUFFIX, 206, { "content-range": "bytes 90-94/99" }, { kind: "failure" }],
  [
    "the beginning, by a server that reads -5 as 0-5",
    SUFFIX,
    206,
    { "content-range": "bytes 0-5/99" },
    { kind: "failure" },
  ],
  ["an end of unknown size", SUFFIX, 206, { "content-range": "bytes 94-98/*" }, { kind: "failure" }],
  ["an empty value (§14.1.2)", SUFFIX, 416, { "content-range": "bytes */0" }, { kind: "beyond", size: 0 }],
  [
    "refused, of a value with bytes",
    SUFFIX,
    416,
    { "content-range": "bytes */99" },
    { kind: "no-suffix", size: 99 },
  ],
  ["refused", SUFFIX, 416, {}, { kind: "no-suffix", size: undefined }],
];

function judge(
  [, asked, status, headers]: readonly [string, Asked, number, Record<string, string>, ...unknown[]],
  hidden = false,
): Verdict {
  return judgeAnswer(asked, { status, headers: new Headers(headers), hidden }, NOW);
}

describe("what an answer means, by RFC 9110", () => {
  it.each(WHOLES)("%s", (...row) => {
    expect(judge(row)).toMatchObject(row[4]);
  });
});

describe("what an answer to a range means, by RFC 9110", () => {
  it.each(PARTS)("%s", (...row) => {
    expect(judge(row)).toMatchObject(row[4]);
  });
});

describe("what an answer to a suffix range means, by RFC 9110", () => {
  it.each(SUFFIXES)("%s", (...row) => {
    expect(judge(row)).toMatchObject(row[4]);
  });
});

describe("where a browser hides Content-Range from another site", () => {
  it("takes exactly as many bytes as were asked for", () => {
    expect(judge(["", RANGE, 206, { "content-length": "5" }], true)).toEqual({
      kind: "part",
      length: 5,
      size: undefined,
    });
  });

  it.each([{ "content-length": "4" }, {}])(
    "refuses anything else, and says what the server must do: %j",
    (headers) => {
      const verdict = judge(["", RANGE, 206, headers as Record<string, string>], true);
      expect(verdict).toMatchObject({ kind: "failure", reason: expect.stringContaining("expose") });
    },
  );
});
