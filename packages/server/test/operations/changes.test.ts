import { type Access, createApp } from "@zarr-cache/server";
import { expect, it } from "vitest";
import { deferred } from "zarr-cache/testing";
import { TaggedSource } from "../support/tagged-source.ts";
import { testContext } from "../support/test-context.ts";
import { type TestServer, testServer } from "../support/test-server.ts";

const ARRAY = JSON.stringify({
  zarr_format: 3,
  node_type: "array",
  shape: [4, 4],
  data_type: "uint8",
  chunk_grid: { name: "regular", configuration: { chunk_shape: [2, 2] } },
  chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
  fill_value: 0,
  codecs: [{ name: "bytes" }],
});
const CHUNKS = ["/t2m/c/0/0", "/t2m/c/0/1", "/t2m/c/1/0", "/t2m/c/1/1"];

function arraySource(): TaggedSource {
  const source = new TaggedSource().put("/t2m/zarr.json", ARRAY).put("/sst/c/0", "x");
  for (const key of CHUNKS) source.put(key, "abcd");
  return source;
}

const post = ({ request }: Pick<TestServer, "request">, path: string, body: object) =>
  request(path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });

async function cachedKeys({ request }: TestServer): Promise<string[]> {
  const { entries } = await (await request("/api/v1/entries?store=data")).json();
  return entries.map(({ key }: { key: string }) => key);
}

/** Follows a job's events to its end. */
async function finished(
  server: Pick<TestServer, "request">,
  begun: Response,
): Promise<Record<string, unknown>> {
  expect(begun.status).toBe(202);
  const text = await (await server.request(`${begun.headers.get("location")}/events`)).text();
  const told = [...text.matchAll(/^event: job\ndata: (.*)$/gm)].map(([, data]) => JSON.parse(data as string));
  return told.at(-1);
}

it.each([
  [{ key: "/t2m/c/0/0" }, ["/sst/c/0", "/t2m/c/0/1", "/t2m/c/1/0", "/t2m/c/1/1", "/t2m/zarr.json"], 1],
  [{ path: "/t2m/c/0" }, ["/sst/c/0", "/t2m/c/1/0", "/t2m/c/1/1", "/t2m/zarr.json"], null],
  [{ array: "t2m" }, ["/sst/c/0"], null],
  [{ array: "/t2m", region: [[0, 2], null] }, ["/sst/c/0", "/t2m/c/1/0", "/t2m/c/1/1"], 3],
  [{}, [], null],
])("drops %j", async (what, left, keys) => {
  const server = testServer(arraySource());
  for (const key of [...CHUNKS, "/t2m/zarr.json", "/sst/c/0"]) await server.ask(key);
  const answer = await post(server, "/api/v1/invalidate", { store: "data", ...what });
  expect([answer.status, await answer.json()]).toEqual([200, { keys }]);
  expect(await cachedKeys(server)).toEqual(left);
});

it("drops what is older than so long", async () => {
  const server = testServer(arraySource());
  await server.ask("/t2m/c/0/0");
  server.clock.advance(60_000);
  await server.ask("/t2m/c/0/1");
  const answer = await post(server, "/api/v1/invalidate", { store: "data", olderThan: "30s" });
  expect(await answer.json()).toEqual({ keys: 1 });
  expect(await cachedKeys(server)).toEqual(["/t2m/c/0/1"]);
});

it("warms a region of an array as a job, and tells how far it is", async () => {
  const source = arraySource();
  const server = testServer(source);
  const begun = await post(server, "/api/v1/warm", {
    store: "data",
    arrays: ["t2m"],
    region: [[0, 2], null],
  });
  const end = await finished(server, begun);
  expect(end).toMatchObject({
    kind: "warm",
    store: "data",
    state: "done",
    result: { done: 3, total: 3, failed: 0 },
  });
  expect(await cachedKeys(server)).toEqual(["/t2m/c/0/0", "/t2m/c/0/1", "/t2m/zarr.json"]);
  const { jobs } = await (await server.request("/api/v1/jobs")).json();
  expect(jobs).toEqual([end]);
});

it("tells why a job failed", async () => {
  const server = testServer(arraySource());
  const failed = await finished(
    server,
    await post(server, "/api/v1/warm", { store: "data", arrays: ["nothing"] }),
  );
  expect(failed).toMatchObject({ state: "failed", reason: expect.stringContaining("nothing") });
});

it("cancels a job whose reads hang", async () => {
  const asked = deferred<void>();
  const source = {
    get: (_: string, options?: { signal?: AbortSignal }) => {
      asked.resolve();
      return new Promise<undefined>((__, reject) => {
        options?.signal?.addEventListener("abort", () => reject(new Error("left")));
      });
    },
  };
  const app = createApp(testContext(source));
  const request = async (path: string, init?: RequestInit) => app.request(path, init);
  const begun = await post({ request }, "/api/v1/warm", { store: "data", keys: ["/x"] });
  await asked.promise;
  const { id } = await begun.clone().json();
  expect((await request(`/api/v1/jobs/${id}`, { method: "DELETE" })).status).toBe(204);
  expect(await finished({ request }, begun)).toMatchObject({
    id,
    state: "cancelled",
    endedAt: expect.any(String),
  });
  expect((await request("/api/v1/jobs/none")).status).toBe(404);
});

it("shows jobs of a store to whoever may write to that store, and no others", async () => {
  const access: Access = {
    judge: (headers, scope, id) =>
      headers.get("authorization") === "all" || (id === "data" && scope === "write")
        ? "granted"
        : "forbidden",
  };
  const server = testServer(arraySource(), { access });
  const status = async (path: string) => (await server.request(path)).status;
  const begun = await post(server, "/api/v1/warm", { store: "data", keys: ["/sst/c/0"] });
  expect(await finished(server, begun)).toMatchObject({ state: "done" });
  const warming = begun.headers.get("location") as string;
  const headers = { authorization: "all", "content-type": "application/json" };
  const verify = await server.request("/api/v1/verify", { method: "POST", body: "{}", headers });
  const verifying = verify.headers.get("location") as string;
  expect([await status(warming), await status(verifying), await status("/api/v1/jobs/none")]).toEqual([
    200, 403, 403,
  ]);
  expect(await status(`${verifying}/events`)).toBe(403);
  const listed = async (init?: RequestInit) =>
    (await (await server.request("/api/v1/jobs", init)).json()).jobs.map(
      ({ kind }: { kind: string }) => kind,
    );
  expect([await listed(), await listed({ headers })]).toEqual([["warm"], ["verify", "warm"]]);
});

it("verifies as a job", async () => {
  const server = testServer(arraySource());
  await server.ask("/sst/c/0");
  expect(await finished(server, await post(server, "/api/v1/verify", {}))).toMatchObject({
    kind: "verify",
    state: "done",
    result: { checked: 1, lost: 0, corrupt: 0, repaired: false },
  });
});

it.each([
  ["/api/v1/warm", { store: "data" }],
  ["/api/v1/warm", { store: "data", keys: ["/a"], pattern: "/**" }],
  ["/api/v1/warm", { store: "data", keys: ["a"] }],
  ["/api/v1/invalidate", { store: "data", colour: "red" }],
  ["/api/v1/invalidate", { store: "data", olderThan: "soon" }],
  ["/api/v1/invalidate", {}],
  ["/api/v1/verify", { repair: "yes" }],
])("says what is wrong with %s %j", async (path, body) => {
  const answer = await post(testServer(arraySource()), path, body);
  expect(answer.status).toBe(400);
  expect((await answer.json()).title).toBe("Bad Request");
});

it("streams what happens inside the cache", async () => {
  const server = testServer(arraySource());
  await server.ask("/sst/c/0");
  const answer = await server.request("/api/v1/events?only=invalidate");
  expect(answer.headers.get("content-type")).toBe("text/event-stream");
  await post(server, "/api/v1/invalidate", { store: "data", path: "/sst" });
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  let text = "";
  while (!text.includes("data:")) text += new TextDecoder().decode((await reader.read()).value);
  await reader.cancel();
  expect(text).toMatch(/event: invalidate\ndata: \{"process":0,"storeId":"data","path":"\/sst"/);
});

it("ends streams when the configuration is no longer used", async () => {
  const closing = new AbortController();
  const server = testServer(arraySource(), { closing: closing.signal });
  const text = (await server.request("/api/v1/events")).text();
  closing.abort();
  expect(await text).toBe(":\n\n");
});
