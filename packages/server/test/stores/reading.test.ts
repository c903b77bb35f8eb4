import { expect, it } from "vitest";
import { TaggedSource } from "../support/tagged-source.ts";
import { testServer } from "../support/test-server.ts";

const bytesOf = async (answer: Response) => [...new Uint8Array(await answer.arrayBuffer())];
const FIRST_BYTE = { offset: 0, length: 1 };
const TEN = Uint8Array.from({ length: 10 }, (_, i) => i);

it("asks the source once for what 64 clients want at the same time", async () => {
  const source = new TaggedSource().put("/c/0", TEN);
  const { ask } = testServer(source);
  const answers = await Promise.all(Array.from({ length: 64 }, () => ask("/c/0")));
  for (const answer of answers) expect(await bytesOf(answer)).toEqual([...TEN]);
  expect(source.reads).toHaveLength(1);
});

it("answers HEAD without reading the value, where the source tells its size, and asks it once", async () => {
  const source = new TaggedSource().put("/c/0", TEN);
  const { ask } = testServer(source);
  for (let time = 0; time < 2; time++) {
    const answer = await ask("/c/0", { method: "HEAD" });
    expect([answer.status, answer.headers.get("content-length")]).toEqual([200, "10"]);
  }
  expect(source.reads.map(({ range }) => range)).toEqual([{ offset: 0, length: 1 }]);
});

it.each([
  ["its age", { maxAge: "10s" }],
  ["the end that its source told", { maxAge: "source" }],
] as const)("answers HEAD for a value past %s without reading it", async (_, store) => {
  const source = new TaggedSource().put("/c/0", TEN);
  source.freshness = { age: 0, freshFor: 10_000 };
  const { ask, clock } = testServer(source, { store });
  await ask("/c/0");
  const head = async () => {
    clock.advance(15_000);
    const { status, headers } = await ask("/c/0", { method: "HEAD" });
    return [status, headers.get("content-length"), headers.get("etag")];
  };
  expect(await head()).toEqual([200, "10", '"v1"']);
  source.put("/c/0", new Uint8Array(20), '"v2"');
  expect(await head()).toEqual([200, "20", '"v2"']);
  expect(await head()).toEqual([200, "20", '"v2"']);
  const [whole, ...asked] = source.reads.map(({ range, ifNoneMatch }) => ({ range, ifNoneMatch }));
  expect(whole).toEqual({});
  // The copy of the old version was dropped.
  const tags = ['"v1"', '"v1"', undefined];
  expect(asked).toEqual(tags.map((ifNoneMatch) => ({ range: FIRST_BYTE, ifNoneMatch })));
  expect(await bytesOf(await ask("/c/0"))).toEqual([...new Uint8Array(20)]);
});

it("answers HEAD for a value that has ended and has no tag without reading it", async () => {
  const source = new TaggedSource().put("/c/0", TEN, null);
  source.freshness = { age: 0, freshFor: 10_000 };
  const { ask, clock } = testServer(source, { store: { maxAge: "source" } });
  const { headers } = await ask("/c/0");
  const head = async () => (await ask("/c/0", { method: "HEAD" })).headers;
  expect((await head()).get("etag")).toBe(headers.get("etag"));
  expect(source.reads).toHaveLength(1);
  clock.advance(15_000);
  expect((await head()).get("content-length")).toBe("10");
  expect(source.reads.slice(1).map(({ range }) => range)).toEqual([FIRST_BYTE]);
});

it("answers HEAD for a value that changed since a part of it was read", async () => {
  const source = new TaggedSource().put("/c/0", TEN);
  const { ask, clock } = testServer(source, { store: { maxAge: "10s" } });
  await ask("/c/0", { headers: { range: "bytes=-4" } });
  source.put("/c/0", new Uint8Array(20), '"v2"');
  clock.advance(15_000);
  for (let time = 0; time < 2; time++) {
    const { status, headers } = await ask("/c/0", { method: "HEAD" });
    expect([status, headers.get("content-length"), headers.get("etag")]).toEqual([200, "20", '"v2"']);
  }
});

it("answers HEAD for what is missing, and asks the source once", async () => {
  const source = new TaggedSource();
  const { ask } = testServer(source);
  const statuses = [];
  for (const method of ["HEAD", "HEAD"]) statuses.push((await ask("/c/0", { method })).status);
  expect(statuses).toEqual([404, 404]);
  expect(source.reads).toHaveLength(1);
});

it("asks the source once for the size that a range up to the end takes", async () => {
  const source = new TaggedSource().put("/c/0", TEN);
  const { ask } = testServer(source);
  for (let time = 0; time < 2; time++)
    expect(await bytesOf(await ask("/c/0", { headers: { range: "bytes=7-" } }))).toEqual([7, 8, 9]);
  expect(source.reads.map(({ range }) => range)).toEqual([
    { offset: 0, length: 1 },
    { offset: 7, length: 3 },
  ]);
});

it("answers HEAD from the cache where the value is cached", async () => {
  const source = new TaggedSource().put("/c/0", TEN);
  const { ask } = testServer(source);
  await ask("/c/0");
  const answer = await ask("/c/0", { method: "HEAD" });
  expect(answer.headers.get("content-length")).toBe("10");
  expect(answer.headers.get("cache-status")).toMatch(/hit/);
  expect(source.reads).toHaveLength(1);
});

it("answers HEAD from a source that tells nothing but bytes", async () => {
  const { ask } = testServer(new Map([["/c/0", TEN]]));
  const answer = await ask("/c/0", { method: "HEAD" });
  expect(answer.headers.get("content-length")).toBe("10");
});

it("keeps what a suffix brought, and its place, for the next reader", async () => {
  const source = new TaggedSource().put("/c/0", TEN);
  const { ask } = testServer(source);
  for (let time = 0; time < 3; time++) {
    const answer = await ask("/c/0", { headers: { range: "bytes=-4" } });
    expect(answer.headers.get("content-range")).toBe("bytes 6-9/10");
    expect(await bytesOf(answer)).toEqual([6, 7, 8, 9]);
  }
  expect(source.reads).toHaveLength(1);
});

it("asks a source for the size once more when a suffix is cached and the size forgotten", async () => {
  const source = new TaggedSource().put("/c/0", TEN);
  const first = testServer(source);
  await first.ask("/c/0", { headers: { range: "bytes=-4" } });
  const second = testServer(source, { cache: first.cache });
  const answer = await second.ask("/c/0", { headers: { range: "bytes=-4" } });
  expect(answer.headers.get("content-range")).toBe("bytes 6-9/10");
  expect(source.reads.map(({ range }) => range)).toEqual([{ suffixLength: 4 }, { offset: 0, length: 1 }]);
});

it("leaves the size out where nobody knows it: RFC 9110 §14.4", async () => {
  const source = new TaggedSource().put("/c/0", TEN);
  const first = testServer(source);
  await first.ask("/c/0", { headers: { range: "bytes=2-4" } });
  const second = testServer(source, { cache: first.cache });
  const answer = await second.ask("/c/0", { headers: { range: "bytes=2-4" } });
  expect(answer.headers.get("content-range")).toBe("bytes 2-4/*");
  expect(source.reads).toHaveLength(1);
});

it.each([
  ["refuses", 403, 502],
  ["fails", 500, 502],
])("a source that %s is a bad gateway, and nothing of it is told", async (_, status, expected) => {
  const source = new TaggedSource();
  source.failWith(`status ${status} of /srv/secret`, status);
  const answer = await testServer(source).ask("/c/0");
  expect(answer.status).toBe(expected);
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(answer.headers.get("access-control-allow-origin")).toBe("*");
  expect(await answer.text()).not.toMatch(/secret|srv|https?:|\.ts/);
});

it("a source that is too slow is a gateway's timeout", async () => {
  const source = new TaggedSource();
  source.failWith("no answer came within 30000 ms; raise `timeouts.firstByte` if that is to be expected");
  expect((await testServer(source).ask("/c/0")).status).toBe(504);
});

it("a value that changed since its index was read is to be asked for again", async () => {
  const source = new TaggedSource().put("/c/0", TEN, '"v1"');
  const { ask } = testServer(source);
  await ask("/c/0", { headers: { range: "bytes=-4" } });
  source.put("/c/0", TEN, '"v2"');
  const answer = await ask("/c/0", { headers: { range: "bytes=0-1" } });
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
});

it("knows no store but those of the configuration", async () => {
  const { request } = testServer(new TaggedSource().put("/c/0", TEN));
  expect((await request("/stores/other/c/0")).status).toBe(404);
});

it("lets no page but those of a list read", async () => {
  const { ask } = testServer(new TaggedSource().put("/c/0", TEN), { cors: ["https://viewer.example"] });
  const allowed = async (origin: string) => {
    const { headers } = await ask("/c/0", { headers: { origin } });
    expect(headers.get("vary")).toBe("Origin");
    return headers.get("access-control-allow-origin");
  };
  expect(await allowed("https://viewer.example")).toBe("https://viewer.example");
  expect(await allowed("https://other.example")).toBeNull();
});

it("asks for a token before anything else is told", async () => {
  const access = { judge: () => "unauthenticated" as const };
  const { request } = testServer(new TaggedSource().put("/c/0", TEN), { access });
  for (const path of ["/stores/data/c/0", "/stores/other/c/0", "/stores/data/"]) {
    const answer = await request(path, { headers: { origin: "https://viewer.example" } });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
  }
});
