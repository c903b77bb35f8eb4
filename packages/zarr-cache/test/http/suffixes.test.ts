import { describe, expect, it } from "vitest";
import { counted } from "../support/bytes.ts";
import { passTime } from "../support/pass-time.ts";
import { fakeServer, serve } from "./support/fake-server.ts";

const VALUE = counted(100);
const END = { suffixLength: 5 };

function asked(requests: readonly Request[]): string[] {
  return requests.map(({ method, headers }) => `${method} ${headers.get("range") ?? "all"}`);
}

describe("a server without suffix ranges", () => {
  it("is found out once, by all sources, and then asked for the size once a key", async () => {
    const { source, requests, again } = fakeServer((request) => serve(VALUE, request, { suffixes: false }));
    expect(await source.read("/c/0", { range: END })).toMatchObject({ value: counted(5, 95), whole: VALUE });
    const other = again();
    for (let i = 0; i < 2; i++)
      for (const key of ["/c/1", "/c/2"] as const)
        expect(await other.getRange(key, END)).toEqual(counted(5, 95));
    expect(asked(requests)).toEqual([
      "GET bytes=-5",
      "HEAD all",
      "GET bytes=95-99",
      "HEAD all",
      "GET bytes=95-99",
      "GET bytes=95-99",
      "GET bytes=95-99",
    ]);
  });

  it("that refuses them and tells the size is asked for no size", async () => {
    const { source, requests } = fakeServer((request) =>
      request.headers.get("range")?.startsWith("bytes=-")
        ? new Response(null, { status: 416, headers: { "content-range": "bytes */100" } })
        : serve(VALUE, request),
    );
    for (let i = 0; i < 2; i++) expect(await source.getRange("/c/0", END)).toEqual(counted(5, 95));
    expect(asked(requests)).toEqual(["GET bytes=-5", "GET bytes=95-99", "GET bytes=95-99"]);
  });

  it("is asked by size after suffixes have failed twice without an answer, as in a browser that forbids them", async () => {
    const { source, requests } = fakeServer((request) => {
      if (request.headers.get("range")?.startsWith("bytes=-")) throw new TypeError("Failed to fetch");
      return serve(VALUE, request);
    });
    for (const key of ["/c/0", "/c/1", "/c/2"] as const)
      expect(await source.getRange(key, END)).toEqual(counted(5, 95));
    expect(asked(requests).filter((request) => request === "GET bytes=-5")).toHaveLength(2);
  });

  it("whose value changes its size gives the end of the new one", async () => {
    let value = VALUE;
    const { source } = fakeServer((request) => serve(value, request, { suffixes: false }));
    await source.getRange("/c/9", END);
    expect(await source.getRange("/c/0", END)).toEqual(counted(5, 95));
    value = counted(120);
    expect(await source.getRange("/c/0", END)).toEqual(counted(5, 115));
    value = counted(80);
    expect(await source.getRange("/c/0", END)).toEqual(counted(5, 75));
  });

  it("whose value has another version of the same size gives that", async () => {
    let etag = '"1"';
    const { source } = fakeServer((request) => {
      const wanted = request.headers.get("if-match");
      if (wanted !== null && wanted !== etag) return new Response(null, { status: 412 });
      return serve(VALUE, request, { suffixes: false, etag });
    });
    await source.getRange("/c/9", END);
    await source.getRange("/c/0", END);
    etag = '"2"';
    expect(await source.read("/c/0", { range: END })).toMatchObject({ status: "value", validator: '"2"' });
  });

  it("has empty and missing values too", async () => {
    const { source } = fakeServer((request) =>
      request.url.endsWith("/c/1")
        ? new Response(null, { status: 404 })
        : serve(request.url.endsWith("/c/0") ? new Uint8Array() : VALUE, request, { suffixes: false }),
    );
    await source.getRange("/c/9", END);
    expect(await source.getRange("/c/0", END)).toEqual(new Uint8Array());
    expect(await source.getRange("/c/1", END)).toBeUndefined();
  });
});

describe("a server with suffix ranges", () => {
  it("is not given up for a value that is shorter than the suffix and comes whole", async () => {
    const { source, requests } = fakeServer((request) =>
      request.url.endsWith("/c/0") ? serve(counted(3), request, { suffixes: false }) : serve(VALUE, request),
    );
    expect(await source.getRange("/c/0", END)).toEqual(counted(3));
    expect(await source.getRange("/c/1", END)).toEqual(counted(5, 95));
    expect(asked(requests)).toEqual(["GET bytes=-5", "GET bytes=-5"]);
  });

  it("may fail for a while without being given up", async () => {
    const { source, clock, requests } = fakeServer((request, n) =>
      n === 1 ? new Response(null, { status: 503, headers: { "retry-after": "0" } }) : serve(VALUE, request),
    );
    const reading = source.getRange("/c/0", END);
    await passTime(clock, reading);
    expect(await reading).toEqual(counted(5, 95));
    expect(asked(requests)).toEqual(["GET bytes=-5", "GET bytes=-5"]);
  });
});
