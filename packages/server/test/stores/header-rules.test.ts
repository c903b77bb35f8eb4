import { describe, expect, onTestFinished, test } from "vitest";
import { nodeServer } from "../support/node-server.ts";
import { TaggedSource } from "../support/tagged-source.ts";
import { type TestServer, testServer } from "../support/test-server.ts";

const TEN = new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
const DATE = "Tue, 15 Nov 1994 12:45:26 GMT";

/** One rule: what is asked, after the same was read whole where that is said, and what is answered. */
interface Rule {
  readonly rule: string;
  readonly key?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly status: number;
  readonly answers?: Record<string, string | null | RegExp>;
  readonly body?: readonly number[];
}

// biome-ignore format: a table
const RULES: readonly Rule[] = [
  { rule: "RFC 9110 §9.3.1: GET answers the value", status: 200, body: [...TEN], answers: { "content-length": "10" } },
  { rule: "RFC 9110 §9.3.2: HEAD answers the headers of GET", method: "HEAD", status: 200, body: [], answers: { "content-length": "10", etag: '"v1"' } },
  { rule: "RFC 9110 §8.3: data is bytes", status: 200, answers: { "content-type": "application/octet-stream" } },
  { rule: "RFC 9110 §8.3: metadata is JSON", key: "/zarr.json", status: 200, answers: { "content-type": "application/json" } },
  { rule: "RFC 9110 §8.8.3: a strong tag of the source is passed on", status: 200, answers: { etag: '"v1"' } },
  { rule: "RFC 9110 §8.8.3: a weak tag of the source becomes a strong one of the bytes", key: "/weak", status: 200, answers: { etag: /^"[\w-]{22}"$/ } },
  { rule: "RFC 9110 §8.8.3: without a tag of the source there is one of the bytes", key: "/untold", status: 200, answers: { etag: /^"[\w-]{22}"$/ } },
  { rule: "RFC 9110 §8.8.2: a date of the source is passed on", key: "/dated", status: 200, answers: { "last-modified": DATE, etag: /^"[\w-]{22}"$/ } },
  { rule: "RFC 9110 §14.3: ranges are accepted, and it is said", status: 200, answers: { "accept-ranges": "bytes" } },
  { rule: "RFC 9110 §14.1.2: a first and a last byte", headers: { range: "bytes=2-4" }, status: 206, body: [2, 3, 4], answers: { "content-range": "bytes 2-4/10", "content-length": "3", etag: '"v1"' } },
  { rule: "RFC 9110 §14.1.2: from a byte to the end", headers: { range: "bytes=7-" }, status: 206, body: [7, 8, 9], answers: { "content-range": "bytes 7-9/10" } },
  { rule: "RFC 9110 §14.1.2: from the first byte to the end", headers: { range: "bytes=0-" }, status: 206, body: [...TEN], answers: { "content-range": "bytes 0-9/10" } },
  { rule: "RFC 9110 §14.1.2: a last byte behind the end is the end", headers: { range: "bytes=8-99" }, status: 206, body: [8, 9], answers: { "content-range": "bytes 8-9/10" } },
  { rule: "RFC 9110 §14.1.2: a suffix", headers: { range: "bytes=-3" }, status: 206, body: [7, 8, 9], answers: { "content-range": "bytes 7-9/10" } },
  { rule: "RFC 9110 §14.1.2: a suffix longer than the value is the value", headers: { range: "bytes=-99" }, status: 206, body: [...TEN], answers: { "content-range": "bytes 0-9/10" } },
  { rule: "RFC 9110 §14.1: the unit is compared without case", headers: { range: "BYTES=0-0" }, status: 206, body: [0] },
  { rule: "RFC 9110 §14.2: another unit is ignored", headers: { range: "lines=0-1" }, status: 200, body: [...TEN] },
  { rule: "RFC 9110 §14.1.1: a last byte before the first makes it invalid, and it is ignored", headers: { range: "bytes=4-2" }, status: 200, body: [...TEN] },
  { rule: "RFC 9110 §14.2: what is no range is ignored", headers: { range: "bytes=a-b" }, status: 200, body: [...TEN] },
  { rule: "RFC 9110 §14.2: several ranges are answered whole", headers: { range: "bytes=0-1,4-5" }, status: 200, body: [...TEN], answers: { "content-range": null } },
  { rule: "RFC 9110 §14.2: ranges are of GET alone", method: "HEAD", headers: { range: "bytes=0-1" }, status: 200, answers: { "content-range": null, "content-length": "10" } },
  { rule: "RFC 9110 §15.5.17: no byte of the range is there", headers: { range: "bytes=10-12" }, status: 416, answers: { "content-range": "bytes */10" } },
  { rule: "RFC 9110 §15.5.17: from behind the end to the end", headers: { range: "bytes=10-" }, status: 416, answers: { "content-range": "bytes */10" } },
  { rule: "RFC 9110 §15.5.17: a suffix of no bytes", headers: { range: "bytes=-0" }, status: 416, answers: { "content-range": "bytes */10" } },
  { rule: "RFC 9110 §15.5.17: an empty value has no ranges", key: "/empty", headers: { range: "bytes=0-0" }, status: 416, answers: { "content-range": "bytes */0" } },
  { rule: "RFC 9110 §15.5.17: an empty value has no suffix", key: "/empty", headers: { range: "bytes=-5" }, status: 416, answers: { "content-range": "bytes */0" } },
  { rule: "RFC 9110 §15.5.17: nor a first byte", key: "/empty", headers: { range: "bytes=0-" }, status: 416, answers: { "content-range": "bytes */0" } },
  { rule: "RFC 9110 §13.1.2: If-None-Match that matches", headers: { "if-none-match": '"v1"' }, status: 304, body: [], answers: { etag: '"v1"', "content-type": null, "cache-control": /max-age/ } },
  { rule: "RFC 9110 §13.1.2: If-None-Match compares weakly", headers: { "if-none-match": 'W/"v1"' }, status: 304 },
  { rule: "RFC 9110 §13.1.2: one of a list", headers: { "if-none-match": '"a", "v1", "b"' }, status: 304 },
  { rule: "RFC 9110 §13.1.2: a comma within a tag", headers: { "if-none-match": '"a,v1"' }, status: 200 },
  { rule: "RFC 9110 §13.1.2: If-None-Match: *", headers: { "if-none-match": "*" }, status: 304 },
  { rule: "RFC 9110 §13.1.2: If-None-Match of another version", headers: { "if-none-match": '"v0"' }, status: 200, body: [...TEN] },
  { rule: "RFC 9110 §13.1.2: HEAD as well", method: "HEAD", headers: { "if-none-match": '"v1"' }, status: 304 },
  { rule: "RFC 9110 §13.2.2: If-None-Match comes before the range", headers: { "if-none-match": '"v1"', range: "bytes=0-1" }, status: 304 },
  { rule: "RFC 9110 §13.1.1: If-Match that matches", headers: { "if-match": '"v1"' }, status: 200 },
  { rule: "RFC 9110 §13.1.1: If-Match: *", headers: { "if-match": "*" }, status: 200 },
  { rule: "RFC 9110 §13.1.1: If-Match of another version", headers: { "if-match": '"v0"' }, status: 412 },
  { rule: "RFC 9110 §13.1.1: If-Match compares strongly", headers: { "if-match": 'W/"v1"' }, status: 412 },
  { rule: "RFC 9110 §13.1.1: If-Match of a range", headers: { "if-match": '"v0"', range: "bytes=0-1" }, status: 412 },
  { rule: "RFC 9110 §13.1.1: If-Match where there is nothing", key: "/missing", headers: { "if-match": "*" }, status: 412 },
  { rule: "RFC 9110 §13.1.3: If-Modified-Since of the same date", key: "/dated", headers: { "if-modified-since": DATE }, status: 304 },
  { rule: "RFC 9110 §13.1.3: If-Modified-Since before", key: "/dated", headers: { "if-modified-since": "Tue, 15 Nov 1994 12:45:25 GMT" }, status: 200 },
  { rule: "RFC 9110 §13.1.3: what is no date is ignored", key: "/dated", headers: { "if-modified-since": "yesterday" }, status: 200 },
  { rule: "RFC 9110 §13.1.3: ignored beside If-None-Match", key: "/dated", headers: { "if-modified-since": DATE, "if-none-match": '"x"' }, status: 200 },
  { rule: "RFC 9110 §13.1.4: If-Unmodified-Since before the date", key: "/dated", headers: { "if-unmodified-since": "Tue, 15 Nov 1994 12:45:25 GMT" }, status: 412 },
  { rule: "RFC 9110 §13.1.4: If-Unmodified-Since of the same date", key: "/dated", headers: { "if-unmodified-since": DATE }, status: 200 },
  { rule: "RFC 9110 §13.1.5: If-Range that matches", headers: { "if-range": '"v1"', range: "bytes=0-1" }, status: 206, body: [0, 1] },
  { rule: "RFC 9110 §13.1.5: If-Range of another version is answered whole", headers: { "if-range": '"v0"', range: "bytes=0-1" }, status: 200, body: [...TEN] },
  { rule: "RFC 9110 §13.1.5: If-Range compares strongly", headers: { "if-range": 'W/"v1"', range: "bytes=0-1" }, status: 200, body: [...TEN] },
  { rule: "RFC 9110 §13.1.5: If-Range with a date is answered whole", key: "/dated", headers: { "if-range": DATE, range: "bytes=0-1" }, status: 200, body: [...TEN] },
  { rule: "RFC 9110 §13.1.5: If-Range from the first byte on", headers: { "if-range": '"v0"', range: "bytes=0-" }, status: 200, body: [...TEN] },
  { rule: "RFC 9110 §13.1.5: If-Range of another version behind the end is answered whole", headers: { "if-range": '"v0"', range: "bytes=99-" }, status: 200, body: [...TEN] },
  { rule: "RFC 9110 §13.1.5: nor does it matter how long the range is", headers: { "if-range": '"v0"', range: "bytes=98-99" }, status: 200, body: [...TEN] },
  { rule: "RFC 9110 §13.1.5: or that a suffix is of no bytes", headers: { "if-range": '"v0"', range: "bytes=-0" }, status: 200, body: [...TEN] },
  { rule: "RFC 9110 §13.1.5: If-Range that matches, behind the end", headers: { "if-range": '"v1"', range: "bytes=99-" }, status: 416, answers: { "content-range": "bytes */10" } },
  { rule: "RFC 9110 §13.1.5: If-Range of another version of an empty value", key: "/empty", headers: { "if-range": '"v0"', range: "bytes=0-" }, status: 200, body: [], answers: { "content-length": "0" } },
  { rule: "RFC 9110 §13.2.2: If-None-Match comes before a range behind the end", headers: { "if-none-match": '"v1"', range: "bytes=99-" }, status: 304, body: [] },
  { rule: "RFC 9110 §13.2.2: and before a suffix of no bytes", headers: { "if-none-match": '"v1"', range: "bytes=-0" }, status: 304, body: [] },
  { rule: "RFC 9110 §13.2.2: If-Match comes before a range behind the end", headers: { "if-match": '"v0"', range: "bytes=99-" }, status: 412 },
  { rule: "RFC 9110 §15.5.5: nothing there", key: "/missing", status: 404, answers: { "content-type": "application/problem+json" } },
  { rule: "RFC 9110 §15.5.5: nothing there to HEAD", method: "HEAD", key: "/missing", status: 404, body: [] },
  { rule: "RFC 9110 §15.5.5: nothing there to take a range of", key: "/missing", headers: { range: "bytes=-4" }, status: 404 },
  { rule: "RFC 9110 §15.5.6: a method that the store does not take, with Allow", method: "POST", status: 405, answers: { allow: "GET, HEAD, OPTIONS" } },
  { rule: "RFC 9110 §15.5.6: PUT where the operator has not allowed it", method: "PUT", status: 405, answers: { allow: "GET, HEAD, OPTIONS" } },
  { rule: "RFC 9110 §15.5.6: DELETE where the operator has not allowed it", method: "DELETE", status: 405 },
  { rule: "RFC 9110 §9.3.7: OPTIONS tells the methods", method: "OPTIONS", status: 204, answers: { allow: "GET, HEAD, OPTIONS" } },
  { rule: "RFC 9111 §5.2.2.6: nothing on the way may transform values", status: 200, answers: { "cache-control": /no-transform/ } },
  { rule: "RFC 9213 §2: caches of a CDN have a header of their own", status: 200, answers: { "cdn-cache-control": /^max-age=\d+$/ } },
  { rule: "RFC 9457 §3: errors are problems", key: "/missing", status: 404, answers: { "content-type": "application/problem+json", "x-content-type-options": "nosniff" } },
  { rule: "Fetch, CORS protocol: every page may read", headers: { origin: "https://viewer.example" }, status: 200, answers: { "access-control-allow-origin": "*", "access-control-expose-headers": /ETag/ } },
  { rule: "Fetch, CORS protocol: and see that something is missing", key: "/missing", headers: { origin: "https://viewer.example" }, status: 404, answers: { "access-control-allow-origin": "*" } },
  { rule: "Fetch, CORS protocol: a preflight for a range", method: "OPTIONS", headers: { origin: "https://viewer.example", "access-control-request-method": "GET", "access-control-request-headers": "range" }, status: 204, answers: { "access-control-allow-headers": /\bRange\b/, "access-control-allow-methods": /GET/, "access-control-max-age": /^\d+$/ } },
  { rule: "Fetch, X-Content-Type-Options: nobody guesses a type", status: 200, answers: { "x-content-type-options": "nosniff" } },
];

function source(): TaggedSource {
  return new TaggedSource()
    .put("/c/0", TEN)
    .put("/zarr.json", "{}")
    .put("/weak", TEN, 'W/"v1"')
    .put("/untold", TEN, null)
    .put("/dated", TEN, DATE)
    .put("/empty", new Uint8Array(0));
}

async function check(server: TestServer, rule: Rule): Promise<void> {
  const { key = "/c/0", method = "GET", headers = {}, status, answers = {}, body } = rule;
  const answer = await server.ask(key, { method, headers });
  expect(answer.status).toBe(status);
  for (const [name, value] of Object.entries(answers))
    value instanceof RegExp
      ? expect(answer.headers.get(name), name).toMatch(value)
      : expect(answer.headers.get(name), name).toBe(value);
  if (body !== undefined) expect([...new Uint8Array(await answer.arrayBuffer())]).toEqual(body);
}

/** The ways out: as a `Response`, and over a connection of Node. */
const WAYS: readonly (readonly [string, (source: TaggedSource) => Promise<TestServer>])[] = [
  ["as a Response", async (of) => testServer(of)],
  [
    "over a connection",
    async (of) => {
      const server = await nodeServer(of);
      onTestFinished(() => server[Symbol.asyncDispose]());
      return server;
    },
  ],
];

describe.each(WAYS)("%s", (_, serverOf) => {
  describe.each([
    ["nothing cached", async () => {}],
    [
      "the same cached",
      (server: TestServer, { key = "/c/0", method = "GET", headers = {} }: Rule) =>
        server.ask(key, { method, headers }),
    ],
    ["the whole cached", (server: TestServer, { key = "/c/0" }: Rule) => server.ask(key)],
  ])("with %s", (__, before) => {
    test.each(RULES)("$rule", async (rule) => {
      const server = await serverOf(source());
      await before(server, rule);
      await check(server, rule);
    });
  });
});
