import { type Bulletin, noBulletin } from "@zarr-cache/server";
import { expect, it } from "vitest";
import { arrayOf } from "../../src/operations/array-of.ts";
import { TaggedSource } from "../support/tagged-source.ts";
import { testServer } from "../support/test-server.ts";

const VALUES = new Map([["/a", Uint8Array.of(1)]]);

async function filled() {
  const source = new TaggedSource()
    .put("/zarr.json", "{}")
    .put("/t2m/zarr.json", "{}")
    .put("/t2m/c/0/0", "x".repeat(100))
    .put("/t2m/c/0/1", "x".repeat(300))
    .put("/sst/c/0", "x".repeat(200));
  const server = testServer(source);
  for (const key of ["/zarr.json", "/t2m/zarr.json", "/t2m/c/0/0", "/t2m/c/0/1", "/sst/c/0"]) {
    await server.ask(key);
    server.clock.advance(1000);
  }
  return server;
}

it("tells the stores, what they have cached and how they are read", async () => {
  const { request, ask } = await filled();
  await ask("/t2m/c/0/0");
  const answer = await request("/api/v1/stores");
  expect(await answer.json()).toEqual({
    stores: [
      expect.objectContaining({
        id: "data",
        source: "tagged",
        entries: 5,
        reads: 6,
        hitRatio: 1 / 6,
        sourceReads: 5,
      }),
    ],
  });
  expect(await (await request("/api/v1/stores/data")).json()).toMatchObject({ id: "data", writable: false });
  expect((await request("/api/v1/stores/other")).status).toBe(404);
});

it("tells how a store is read in all processes of the server", async () => {
  let hear: (data: unknown, from: number) => void = () => {};
  const on: Bulletin["on"] = (topic, listener) => {
    if (topic === "statistics") hear = listener;
    return () => {};
  };
  const [server, other] = [testServer(VALUES, { bulletin: { ...noBulletin, on } }), testServer(VALUES)];
  for (const key of ["/a", "/a", "/a", "/missing"]) await other.ask(key);
  const told = {
    process: 2,
    stores: { data: other.store.stats() },
    requests: {},
    residentBytes: 1,
    startedAt: 0,
  };
  const described = async () => (await server.request("/api/v1/stores/data")).json();
  expect(await described()).toMatchObject({ reads: 0, hitRatio: 0, sourceReads: 0 });
  hear(told, 2);
  expect(await described()).toMatchObject({ reads: 4, hitRatio: 0.5, sourceReads: 2, sourceBytes: 1 });
  await server.ask("/a");
  await server.ask("/a");
  expect(await described()).toMatchObject({ reads: 6, hitRatio: 0.5, sourceReads: 3, sourceBytes: 2 });
});

it("tells what each array has, the largest first", async () => {
  const { request } = await filled();
  const { arrays } = await (await request("/api/v1/stores/data/arrays")).json();
  expect(arrays.map(({ array, entries }: { array: string; entries: number }) => [array, entries])).toEqual([
    ["/t2m", 3],
    ["/sst", 1],
    ["/", 1],
  ]);
});

it.each([
  ["/t2m/c/0/4", "/t2m"],
  ["/t2m/c", "/t2m"],
  ["/t2m/0.0.0", "/t2m"],
  ["/t2m/0/0", "/t2m"],
  ["/a/b/.zarray", "/a/b"],
  ["/.zmetadata", "/"],
  ["/c/0", "/"],
  ["/0", "/"],
  ["/other.txt", "/other.txt"],
])("takes %s to be of %s", (key, array) => {
  expect(arrayOf(key)).toBe(array);
});

it("lists entries, sorted, below a path, and page by page", async () => {
  const { request } = await filled();
  const keys = async (query: string) => {
    const page = await (await request(`/api/v1/entries?${query}`)).json();
    return { keys: page.entries.map(({ key }: { key: string }) => key), next: page.next };
  };
  const all = [];
  for (let cursor = ""; ; ) {
    const page = await keys(`store=data&orderBy=size&limit=2${cursor}`);
    all.push(...page.keys);
    if (page.next === null) break;
    cursor = `&cursor=${encodeURIComponent(page.next)}`;
  }
  expect(all.slice(0, 3)).toEqual(["/t2m/c/0/1", "/sst/c/0", "/t2m/c/0/0"]);
  expect(all).toHaveLength(5);
  expect((await keys("store=data&path=/t2m/c&orderBy=age")).keys).toEqual(["/t2m/c/0/0", "/t2m/c/0/1"]);
});

it("lists entries by how often they were read, and by what getting them again would take", async () => {
  const { request, ask } = await filled();
  for (const key of ["/sst/c/0", "/sst/c/0", "/t2m/c/0/1"]) await ask(key);
  const listed = async (orderBy: string) => {
    const { entries } = await (await request(`/api/v1/entries?store=data&orderBy=${orderBy}`)).json();
    return entries as { key: string; hits: number; cost: number }[];
  };
  const byHits = await listed("hits");
  expect(byHits.slice(0, 2).map(({ key, hits }) => [key, hits])).toEqual([
    ["/sst/c/0", 2],
    ["/t2m/c/0/1", 1],
  ]);
  const costs = (await listed("cost")).map(({ cost }) => cost);
  expect(costs).toHaveLength(5);
  expect(costs).toEqual(costs.toSorted((a, b) => b - a));
});

it.each(["limit=0", "limit=many", "orderBy=colour", "path=t2m"])(
  "says what is wrong with ?%s",
  async (query) => {
    const { request } = await filled();
    const answer = await request(`/api/v1/entries?store=data&${query}`);
    expect(answer.status).toBe(400);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect((await answer.json()).errors[0].path).toBe(query.split("=")[0]);
  },
);

it("tells how full the cache is", async () => {
  const { request } = await filled();
  expect(await (await request("/api/v1/usage")).json()).toMatchObject({
    entries: 5,
    maxBytes: 64_000_000,
    tiers: [{ tier: "memory", sick: false }],
  });
});

it("describes itself as OpenAPI, with what validates", async () => {
  const { request } = await filled();
  const document = await (await request("/openapi.json")).json();
  expect(document.openapi).toBe("3.1.0");
  expect(Object.keys(document.paths)).toEqual(
    expect.arrayContaining(["/api/v1/entries", "/api/v1/invalidate", "/api/v1/jobs/{id}"]),
  );
  const [limit] = document.paths["/api/v1/entries"].get.parameters.filter(
    ({ name }: { name: string }) => name === "limit",
  );
  expect(limit.schema).toMatchObject({ minimum: 1, maximum: 1000 });
});

it.each([
  ["GET", "/api/v1/stores"],
  ["GET", "/api/v1/stores/data"],
  ["GET", "/api/v1/stores/data/arrays"],
  ["GET", "/api/v1/usage"],
  ["GET", "/api/v1/entries"],
  ["GET", "/api/v1/jobs"],
  ["GET", "/api/v1/jobs/x/events"],
  ["GET", "/api/v1/events"],
  ["GET", "/metrics"],
  ["GET", "/"],
  ["POST", "/api/v1/invalidate", { store: "data" }],
  ["POST", "/api/v1/warm", { store: "data", keys: ["/c/0"] }],
  ["POST", "/api/v1/verify", {}],
] as const)("asks for a token: %s %s", async (method, path, body: object | undefined = undefined) => {
  const source = new TaggedSource();
  const { request } = testServer(source, { access: { judge: () => "unauthenticated" } });
  const answer = await request(path, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  expect(answer.status).toBe(401);
  expect(answer.headers.get("www-authenticate")).toMatch(/^(Bearer|Basic) realm/);
  expect(source.reads).toEqual([]);
});
