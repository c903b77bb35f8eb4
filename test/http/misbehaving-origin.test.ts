import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { HttpSource, type HttpSourceOptions } from "zarr-cache/http";
import { type Scripted, scriptedOrigin, wellBehaved } from "../support/scripted-origin.ts";

const VALUE = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7) & 0xff);
const FAST: HttpSourceOptions = { retries: { firstDelay: 1 } };
const RANGE = { offset: 100, length: 50 };
const RIGHT = { "content-range": "bytes 100-149/5000", "content-length": "50" };

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/** An origin that answers in turn as it is told, and well after that. */
async function inTurn(...answers: Scripted[]) {
  const origin = await scriptedOrigin((request, n) => answers[n] ?? wellBehaved(VALUE, request));
  return { origin, source: new HttpSource(origin.url, FAST) };
}

describe("an answer that is broken on its way is asked for again", () => {
  const length = { "content-length": "5000" };
  it.each<[string, Scripted]>([
    ["shorter than its length", { headers: length, body: VALUE, bytes: 4999, end: "close" }],
    ["no body at all", { headers: length, end: "close" }],
    ["chunks without their end", { body: VALUE, bytes: 3000, end: "close" }],
    ["torn down in the body", { headers: length, body: VALUE, bytes: 1000, end: "reset" }],
    ["torn down before it", { headers: length, body: "", end: "reset" }],
    ["503 in between", { status: 503, headers: { "retry-after": "0" }, body: "later" }],
    ["429 in between", { status: 429, body: "too much" }],
  ])("%s", async (_, broken) => {
    const { origin, source } = await inTurn(broken, broken);
    expect(await source.get("/c/0")).toEqual(VALUE);
    expect(origin.requests).toHaveLength(3);
  });

  it.each<[string, Scripted]>([
    ["shorter than its range", { status: 206, headers: RIGHT, body: VALUE.subarray(100, 149), end: "close" }],
    [
      "of another length than its range",
      { status: 206, headers: { ...RIGHT, "content-length": "49" }, body: VALUE.subarray(100, 149) },
    ],
  ])("a range %s", async (_, broken) => {
    const { origin, source } = await inTurn(broken);
    expect(await source.getRange("/c/0", RANGE)).toEqual(VALUE.slice(100, 150));
    expect(origin.requests).toHaveLength(2);
  });
});

describe("an answer that is not what was asked for is an error, not data", () => {
  it.each<[string, Scripted]>([
    [
      "206 without Content-Range",
      { status: 206, headers: { "content-length": "50" }, body: VALUE.subarray(0, 50) },
    ],
    [
      "other bytes",
      { status: 206, headers: { ...RIGHT, "content-range": "bytes 0-49/5000" }, body: VALUE.subarray(0, 50) },
    ],
    [
      "several parts",
      { status: 206, headers: { "content-type": "multipart/byteranges; boundary=b" }, body: "--b" },
    ],
    [
      "a compressed range",
      { status: 206, headers: { ...RIGHT, "content-encoding": "gzip" }, body: VALUE.subarray(100, 150) },
    ],
    ["416 within the value", { status: 416, headers: { "content-range": "bytes */5000" } }],
    ["a redirect in circles", { status: 302, headers: { location: "/c/0" } }],
  ])("%s", async (_, answer) => {
    const origin = await scriptedOrigin(() => answer);
    await expect(new HttpSource(origin.url, FAST).getRange("/c/0", RANGE)).rejects.toMatchObject({
      tag: "SourceError",
      key: "/c/0",
      attempts: 1,
    });
  });

  it("a page with status 200", async () => {
    const { source } = await inTurn({ headers: { "content-type": "text/html" }, body: "<h1>Sign in</h1>" });
    await expect(source.get("/c/0")).rejects.toMatchObject({ tag: "NotZarrError" });
  });
});

it("cuts a range from the whole that a server without ranges sends", async () => {
  const origin = await scriptedOrigin(() => ({
    headers: { "content-length": "5000" },
    body: VALUE,
    pieces: 700,
  }));
  const source = new HttpSource(origin.url);
  expect(await source.read("/c/0", { range: RANGE })).toMatchObject({
    value: VALUE.slice(100, 150),
    whole: VALUE,
  });
  expect(await source.getRange("/c/0", { suffixLength: 3 })).toEqual(VALUE.slice(-3));
});

it("reads metadata that were compressed on their way", async () => {
  const document = JSON.stringify({ zarr_format: 3, text: "x".repeat(3000) });
  const origin = await scriptedOrigin(() => ({
    headers: { "content-encoding": "gzip", etag: 'W/"g"' },
    body: gzipSync(document),
  }));
  const answer = await new HttpSource(origin.url).read("/zarr.json");
  expect(answer).toMatchObject({ status: "value", size: document.length, validator: 'W/"g"' });
  expect(origin.requests[0]?.headers["accept-encoding"]).toContain("gzip");
});

it("asks for a copy's version, and brings no body where it holds", async () => {
  const { origin, source } = await inTurn();
  const { validator = "" } = await source.read("/c/0");
  expect(await source.read("/c/0", { ifNoneMatch: validator })).toMatchObject({
    status: "unchanged",
    validator,
  });
  expect(await source.read("/c/0", { ifNoneMatch: '"v0"' })).toMatchObject({ status: "value", validator });
  expect(origin.requests[1]?.headers["if-none-match"]).toBe('"v1"');
});

it("sees that a shard has changed since its index was read, by 412 and by the version of the answer", async () => {
  for (const honoursIfMatch of [true, false]) {
    let etag = '"v1"';
    const origin = await scriptedOrigin((request) => {
      const { "if-match": _, ...without } = request.headers;
      return wellBehaved(VALUE, honoursIfMatch ? request : { ...request, headers: without }, etag);
    });
    const source = new HttpSource(origin.url);
    await source.getRange("/c/0", { suffixLength: 16 });
    etag = '"v2"';
    await expect(source.getRange("/c/0", RANGE)).rejects.toMatchObject({
      tag: "SourceChangedError",
      expected: '"v1"',
      found: '"v2"',
    });
    await source.getRange("/c/0", { suffixLength: 16 });
    expect(await source.getRange("/c/0", RANGE)).toEqual(VALUE.slice(100, 150));
  }
});

it("gives up on a server that says nothing, or stops in the middle, when the time is over", async () => {
  for (const end of ["silence", "stall"] as const) {
    const { origin, source } = await inTurn({
      headers: { "content-length": "5000" },
      body: VALUE,
      bytes: 10,
      end,
    });
    const patient = new HttpSource(origin.url, { ...FAST, timeouts: { firstByte: 200, stall: 200 } });
    expect(await patient.get("/c/0")).toEqual(VALUE);
    await origin.requests[0]?.abandoned;
    expect(origin.requests).toHaveLength(2);
    expect(source.identity).toBe(patient.identity);
  }
});

describe("an abort", () => {
  it.each(["silence", "stall"] as const)(
    "closes the connection, also after a collection of garbage (%s)",
    async (end) => {
      const { origin, source } = await inTurn({
        headers: { "content-length": "5000" },
        body: VALUE,
        bytes: 10,
        end,
      });
      const abort = new AbortController();
      const reading = source.get("/c/0", { signal: abort.signal });
      const request = await origin.arrived(0);
      await setImmediate();
      collectGarbage();
      abort.abort(new Error("away"));
      await expect(reading).rejects.toThrow("away");
      await request.abandoned;
      expect(origin.requests).toHaveLength(1);
    },
  );
});

describe("a redirect", () => {
  const secret = { headers: { authorization: "Bearer s3cret", "x-key": "s3cret" } };

  it("within the server is followed, with headers and range", async () => {
    const origin = await scriptedOrigin((request) =>
      request.path.startsWith("/old")
        ? { status: 307, headers: { location: request.path.replace("/old", "/new") } }
        : wellBehaved(VALUE, request),
    );
    const source = new HttpSource(`${origin.url}/old`, secret);
    expect(await source.getRange("/c/0", RANGE)).toEqual(VALUE.slice(100, 150));
    expect(origin.requests[1]).toMatchObject({
      path: "/new/c/0",
      headers: { "x-key": "s3cret", range: "bytes=100-149" },
    });
  });

  it("to another server is refused, or followed without headers and signature", async () => {
    const other = await scriptedOrigin((request) => wellBehaved(VALUE, request));
    const origin = await scriptedOrigin((request) => ({
      status: 302,
      headers: { location: `${other.url}${request.path}` },
    }));
    await expect(new HttpSource(origin.url, secret).get("/c/0")).rejects.toThrow(/redirects: "follow"/);
    expect(other.requests).toEqual([]);
    let signed = 0;
    const sign = (request: Request) => {
      signed++;
      return request;
    };
    const source = new HttpSource(origin.url.replace("//", "//me:word@"), {
      ...secret,
      sign,
      redirects: "follow",
    });
    expect(await source.getRange("/c/0", RANGE)).toEqual(VALUE.slice(100, 150));
    expect(signed).toBe(1);
    expect(origin.requests.at(-1)?.headers.authorization).toBe("Bearer s3cret");
    expect(JSON.stringify(other.requests[0])).not.toMatch(/s3cret|authorization/);
    expect(other.requests[0]?.headers.range).toBe("bytes=100-149");
  });

  it("to a URL with credentials is refused, and these are not shown", async () => {
    const origin = await scriptedOrigin(() => ({
      status: 302,
      headers: { location: "http://me:s3cret@127.0.0.1:7/c/0" },
    }));
    const reading = new HttpSource(origin.url, { redirects: "follow" }).get("/c/0");
    await expect(reading).rejects.toMatchObject({ tag: "SourceError", status: 302, attempts: 1 });
    await expect(reading).rejects.not.toThrow("s3cret");
  });

  it("is an error where none is wanted, or where it leads nowhere", async () => {
    for (const headers of [
      { location: "/c/1" },
      { location: "ftp://x.example/" },
      { location: "http://" },
      { location: "http://me:word@x.example/" },
      {},
    ]) {
      const origin = await scriptedOrigin(() => ({
        status: 302,
        headers: headers as Record<string, string>,
      }));
      await expect(new HttpSource(origin.url, { redirects: "error" }).get("/c/0")).rejects.toMatchObject({
        tag: "SourceError",
        status: 302,
      });
      expect(origin.requests).toHaveLength(1);
    }
  });
});
