import { describe, expect, it } from "vitest";
import { HttpSource } from "../../src/http/index.ts";
import { isZarrCacheError } from "../../src/index.ts";
import { counted, json, text } from "../support/bytes.ts";
import { fakeServer, ok, serve } from "./support/fake-server.ts";

const VALUE = counted(100);

describe("a whole value", () => {
  it("comes with its size, version and lifetime", async () => {
    const { source } = fakeServer(() => ok(VALUE, { etag: '"1"', "cache-control": "max-age=5", age: "2" }));
    expect(await source.read("/c/0")).toEqual({
      status: "value",
      value: VALUE,
      size: 100,
      validator: '"1"',
      freshness: { age: 2000, freshFor: 5000 },
      cost: 0,
    });
    expect(await source.get("/c/0")).toEqual(VALUE);
  });

  it("owns its buffer, also where its length was not told", async () => {
    for (const bytes of [VALUE, counted(70_000), counted(200_000)])
      for (const headers of [{ "content-length": String(bytes.byteLength) }, {}]) {
        const { source } = fakeServer(
          () => new Response(new Uint8Array(bytes), { headers: headers as HeadersInit }),
        );
        const value = await source.get("/c/0");
        expect(value).toEqual(bytes);
        expect(value?.buffer.byteLength).toBe(bytes.byteLength);
      }
  });

  it("is missing, unchanged, or refused", async () => {
    const { source, requests } = fakeServer((request) => {
      if (request.headers.has("if-none-match"))
        return new Response(null, { status: 304, headers: { etag: '"1"' } });
      return new Response("gone", { status: request.url.endsWith("/c/1") ? 404 : 403 });
    });
    expect(await source.read("/c/1")).toEqual({ status: "missing", freshness: { age: 0 } });
    expect(await source.get("/c/1")).toBeUndefined();
    expect(await source.read("/c/0", { ifNoneMatch: '"1"' })).toEqual({
      status: "unchanged",
      validator: '"1"',
      freshness: { age: 0 },
    });
    await expect(source.get("/c/0")).rejects.toMatchObject({
      tag: "SourceError",
      status: 403,
      attempts: 1,
      key: "/c/0",
      url: expect.stringMatching(/example\/era5.zarr\/c\/0$/),
      message: expect.stringContaining("`missing`"),
    });
    expect(requests).toHaveLength(4);
  });

  it("asks for data as they are, and lets metadata be compressed", async () => {
    const { source, requests } = fakeServer(() => ok(json({ zarr_format: 3 })));
    await source.get("/c/0");
    await source.get("/zarr.json");
    expect(requests.map(({ headers }) => headers.get("accept-encoding"))).toEqual(["identity", null]);
  });

  it("is no part of a Zarr store when it is a page, or metadata that are not JSON", async () => {
    const { source } = fakeServer((request) =>
      request.url.endsWith("json") ? ok(text("<!doctype html>")) : ok(VALUE, { "content-type": "text/html" }),
    );
    for (const key of ["/c/0", "/zarr.json"] as const)
      await expect(source.get(key)).rejects.toMatchObject({ tag: "NotZarrError", key });
  });

  it("is no chunk when it is a page of which the server does not tell the type", async () => {
    const { source } = fakeServer(() => new Response(text(" \n<!DOCTYPE html><h1>Sign in</h1>").slice()));
    await expect(source.get("/c/0")).rejects.toMatchObject({ tag: "NotZarrError", found: "a page of HTML" });
    const { source: told } = fakeServer(() =>
      ok(text("<html>"), { "content-type": "application/octet-stream" }),
    );
    expect(await told.get("/c/0")).toEqual(text("<html>"));
  });

  it.each(['{"a":NaN}', ' \n{"a":1}\t', '\ufeff{"a":1}'])("may be metadata as %j", async (document) => {
    const { source } = fakeServer(() => ok(text(document)));
    expect(await source.get("/.zattrs")).toEqual(text(document));
  });

  it.each(["", "{", "[1]", '"{}"', "null", "Not found"])("may not be metadata as %j", async (document) => {
    const { source } = fakeServer(() => ok(text(document)));
    await expect(source.get("/.zattrs")).rejects.toMatchObject({ tag: "NotZarrError" });
  });

  it("is not read beyond the bytes allowed, whatever the server says of its length", async () => {
    for (const headers of [{ "content-length": "100" }, {}]) {
      const { source } = fakeServer(() => new Response(VALUE.slice(), { headers: headers as HeadersInit }), {
        maxBytes: 99,
      });
      await expect(source.get("/c/0")).rejects.toThrow("maxBytes");
    }
  });
});

describe("a range", () => {
  it("is what was asked for, clipped at the end", async () => {
    const { source, requests } = fakeServer((request) => serve(VALUE, request));
    expect(await source.getRange("/c/0", { offset: 10, length: 5 })).toEqual(counted(5, 10));
    expect(await source.getRange("/c/0", { offset: 98, length: 5 })).toEqual(counted(2, 98));
    expect(await source.read("/c/0", { range: { offset: 100, length: 5 } })).toMatchObject({
      size: 100,
      value: new Uint8Array(),
    });
    expect(await source.getRange("/c/0", { suffixLength: 5 })).toEqual(counted(5, 95));
    expect(await source.getRange("/c/0", { suffixLength: 500 })).toEqual(VALUE);
    expect(requests.map(({ headers }) => headers.get("range"))).toEqual([
      "bytes=10-14",
      "bytes=98-102",
      "bytes=100-104",
      "bytes=-5",
      "bytes=-500",
    ]);
  });

  it("of no bytes costs no request", async () => {
    const { source, requests } = fakeServer(() => ok(VALUE));
    expect(await source.getRange("/c/0", { offset: 5, length: 0 })).toEqual(new Uint8Array());
    expect(await source.getRange("/c/0", { suffixLength: 0 })).toEqual(new Uint8Array());
    expect(requests).toEqual([]);
  });

  it("is cut from the whole that came instead, which is told as well", async () => {
    const { source } = fakeServer(() => ok(VALUE));
    const answer = await source.read("/c/0", { range: { offset: 10, length: 5 } });
    expect(answer).toMatchObject({ status: "value", value: counted(5, 10), whole: VALUE, size: 100 });
  });

  it("refused without a size is empty only behind the end", async () => {
    const { source } = fakeServer((request) =>
      request.method === "HEAD" ? serve(VALUE, request) : new Response(null, { status: 416 }),
    );
    expect(await source.getRange("/c/0", { offset: 100, length: 5 })).toEqual(new Uint8Array());
    await expect(source.getRange("/c/0", { offset: 99, length: 5 })).rejects.toMatchObject({ status: 416 });
  });

  it("of another version is told as such", async () => {
    const { source } = fakeServer((request) => serve(VALUE, request, { etag: '"2"' }));
    await expect(
      source.read("/c/0", { range: { offset: 0, length: 5 }, ifMatch: '"1"' }),
    ).rejects.toMatchObject({ tag: "SourceChangedError", key: "/c/0", expected: '"1"', found: '"2"' });
  });
});

describe("after the end of a value was read", () => {
  it("ranges belong to the same version, until the end is read anew", async () => {
    let etag = '"1"';
    const { source, requests } = fakeServer((request) => {
      const wanted = request.headers.get("if-match");
      if (wanted !== null && wanted !== etag) return new Response(null, { status: 412 });
      return serve(VALUE, request, { etag });
    });
    const range = { offset: 0, length: 5 };
    await source.getRange("/c/0", range);
    await source.getRange("/c/0", { suffixLength: 5 });
    await source.getRange("/c/0", range);
    expect(requests.map(({ headers }) => headers.get("if-match"))).toEqual([null, null, '"1"']);

    etag = '"2"';
    for (let i = 0; i < 2; i++) {
      const failed = await source.getRange("/c/0", range).catch((error: unknown) => error);
      expect(isZarrCacheError(failed, "SourceChangedError")).toBe(true);
    }
    expect(await source.getRange("/c/1", range)).toEqual(counted(5));
    await source.getRange("/c/0", { suffixLength: 5 });
    expect(await source.getRange("/c/0", range)).toEqual(counted(5));
  });

  it("each reader has ranges of the version whose end it has read itself", async () => {
    let etag = '"1"';
    const { source } = fakeServer((request) => serve(VALUE, request, { etag }));
    const range = { offset: 0, length: 5 };
    const [early, late] = [source.getRange.bind(source), source.getRange.bind(source)];
    await early("/c/0", { suffixLength: 5 });
    etag = '"2"';
    await late("/c/0", { suffixLength: 5 });
    expect(await late("/c/0", range)).toEqual(counted(5));
    await expect(early("/c/0", range)).rejects.toMatchObject({
      tag: "SourceChangedError",
      expected: '"1"',
      found: '"2"',
    });
    await early("/c/0", { suffixLength: 5 });
    expect(await early("/c/0", range)).toEqual(counted(5));
  });

  it("a reader that asks for no bytes is given none, and remembers the end that it has read", async () => {
    let etag = '"1"';
    const { source } = fakeServer((request) => serve(VALUE, request, { etag }));
    const read = source.getRange.bind(source);
    await read("/c/0", { suffixLength: 5 });
    for (const range of [{ offset: 3, length: 0 }, { suffixLength: 0 }])
      expect(await read("/c/0", range)).toEqual(new Uint8Array());
    etag = '"2"';
    await source.getRange("/c/0", { suffixLength: 5 });
    await expect(read("/c/0", { offset: 0, length: 5 })).rejects.toMatchObject({ tag: "SourceChangedError" });
  });

  it.each([
    ["another tag", { etag: 'W/"2"' }],
    ["no tag", {}],
  ])("a reader is given nothing with %s, neither bytes nor that there are none", async (_, told) => {
    let [value, headers]: [Uint8Array, Record<string, string>] = [VALUE, { etag: 'W/"1"' }];
    const { source } = fakeServer((request) => serve(value, request, headers));
    const read = source.getRange.bind(source);
    await read("/c/0", { suffixLength: 5 });
    [value, headers] = [VALUE.slice(0, 20), told];
    for (const offset of [0, 50])
      await expect(read("/c/0", { offset, length: 5 }), `from ${offset}`).rejects.toMatchObject({
        tag: "SourceChangedError",
        expected: 'W/"1"',
      });
  });
});

describe("the address", () => {
  it("is the identity, without secrets, unless another is given", () => {
    expect(new HttpSource("https://me:word@a.example/x/?v=1&sig=s").identity).toBe("https://a.example/x?v=1");
    expect(new HttpSource("https://a.example/x", { identity: "era5" }).identity).toBe("era5");
  });

  it("shows no secret in an error about the options, of which one may be misspelt", () => {
    const make = () => new HttpSource("https://a.example", { header: { authorization: "s3cret" } } as object);
    expect(make).toThrow(expect.objectContaining({ option: "HttpSource.header" }));
    expect(make).not.toThrow(/s3cret/);
  });

  it("shows no secret in an error", async () => {
    const source = new HttpSource("https://me:word@a.example/x?sig=s3cret", {
      fetch: async () => new Response(null, { status: 401 }),
    });
    const error = (await source.get("/c/0").catch((reason: unknown) => reason)) as Error;
    expect(`${error.message} ${JSON.stringify(error)}`).not.toMatch(/word|s3cret/);
  });
});

it.each([
  ["url", "no url", {}],
  ["url", "file:///x", {}],
  ["HttpSource.retry", "https://a.example", { retry: 1 }],
  ["timeouts.firstbyte", "https://a.example", { timeouts: { firstbyte: 1 } }],
  ["timeouts.stall", "https://a.example", { timeouts: { stall: "soon" } }],
  ["retries.attempts", "https://a.example", { retries: { attempts: 0 } }],
  ["retries", "https://a.example", { retries: null }],
  ["concurrency", "https://a.example", { concurrency: 0 }],
  ["missing", "https://a.example", { missing: [200] }],
  ["redirects", "https://a.example", { redirects: "manual" }],
  ["headers.range", "https://a.example", { headers: { range: "bytes=0-1" } }],
  ["headers", "https://a.example", { headers: { "a b": "c" } }],
  ["fetch", "https://a.example", { fetch: 1 }],
  ["timers", "https://a.example", { timers: {} }],
  ["shared", "https://a.example", { shared: 1 }],
  ["maxBytes", "https://a.example", { maxBytes: -1 }],
  ["identity", "https://a.example", { identity: "" }],
  ["secretParameters", "https://a.example", { secretParameters: "sig" }],
])("refuses option %s of %s with %j", (option, url, options) => {
  expect(() => new HttpSource(url, options as never)).toThrow(
    expect.objectContaining({ tag: "InvalidOptionError", option }),
  );
});
