import { DEFAULT_LIMITS } from "@zarr-cache/server";
import { expect, it } from "vitest";
import { testServer } from "../support/test-server.ts";

const text = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);
const PUT = (body: string, headers: Record<string, string> = {}) => ({ method: "PUT", body, headers });

function writable(values: [string, string][] = []) {
  const source = new Map(values.map(([key, value]) => [key, new TextEncoder().encode(value)]));
  return {
    source,
    ...testServer(source, { served: { writable: true }, limits: { ...DEFAULT_LIMITS, maxBodyBytes: 100 } }),
  };
}

it("writes to the source, and no reader sees what was there before", async () => {
  const { source, ask } = writable([["/c/0", "old"]]);
  expect(await (await ask("/c/0")).text()).toBe("old");
  expect((await ask("/c/0", PUT("new"))).status).toBe(204);
  expect(text(source.get("/c/0"))).toBe("new");
  expect(await (await ask("/c/0")).text()).toBe("new");
});

it("RFC 9110 §9.3.4: says whether there was a value before", async () => {
  const { ask, source } = writable();
  const put = async (body: string) => (await ask("/c/0", PUT(body))).status;
  expect([await put("one"), await put("two")]).toEqual([201, 204]);
  expect((await ask("/c/0", { method: "DELETE" })).status).toBe(204);
  expect(await put("three")).toBe(201);
  expect(text(source.get("/c/0"))).toBe("three");
});

it("writes to a source that cannot tell what is there", async () => {
  const written: string[] = [];
  const source = {
    get: () => Promise.reject(new Error("forbidden")),
    set: async (key: string) => void written.push(key),
  };
  const { ask } = testServer(source, { served: { writable: true } });
  expect((await ask("/c/0", PUT("new"))).status).toBe(204);
  expect(written).toEqual(["/c/0"]);
});

it("deletes from the source, and no reader sees what was there before", async () => {
  const { source, ask } = writable([["/c/0", "old"]]);
  await ask("/c/0");
  expect((await ask("/c/0", { method: "DELETE" })).status).toBe(204);
  expect(source.size).toBe(0);
  expect((await ask("/c/0")).status).toBe(404);
});

it("tells by OPTIONS and Allow that it can be written", async () => {
  const { ask } = writable();
  const methods = "GET, HEAD, OPTIONS, PUT, DELETE";
  const preflight = await ask("/c/0", { method: "OPTIONS" });
  expect(preflight.headers.get("access-control-allow-methods")).toBe(methods);
  expect((await ask("/c/0", { method: "PATCH" })).headers.get("allow")).toBe(methods);
  expect((await ask("/c/", { method: "PUT", body: "" })).status).toBe(405);
});

it("RFC 9110 §13.1.1: writes over the version that is named, and no other", async () => {
  const { source, ask } = writable([["/c/0", "old"]]);
  const tag = (await ask("/c/0")).headers.get("etag") as string;
  expect((await ask("/c/0", PUT("lost", { "if-match": '"other"' }))).status).toBe(412);
  expect((await ask("/c/0", PUT("new", { "if-match": tag }))).status).toBe(204);
  expect((await ask("/c/0", PUT("lost", { "if-match": tag }))).status).toBe(412);
  expect((await ask("/c/0", { method: "DELETE", headers: { "if-match": tag } })).status).toBe(412);
  expect(text(source.get("/c/0"))).toBe("new");
});

it("RFC 9110 §13.1.2: If-None-Match: * writes only what is not there", async () => {
  const { source, ask } = writable([["/c/0", "old"]]);
  expect((await ask("/c/0", PUT("lost", { "if-none-match": "*" }))).status).toBe(412);
  expect((await ask("/c/1", PUT("new", { "if-none-match": "*" }))).status).toBe(201);
  expect([text(source.get("/c/0")), text(source.get("/c/1"))]).toEqual(["old", "new"]);
});

it.each([
  ["RFC 9110 §15.5.16: a coding of its own", { "content-encoding": "gzip" }, 415],
  ["RFC 9110 §14.5: a part of a value", { "content-range": "bytes 0-2/5" }, 400],
])("refuses %s", async (_, headers, status) => {
  const { source, ask } = writable();
  expect((await ask("/c/0", PUT("new", headers as Record<string, string>))).status).toBe(status);
  expect(source.size).toBe(0);
});

it("RFC 9110 §15.5.14: refuses a body that is longer than it takes, whether its length is told or not", async () => {
  const { source, ask } = writable();
  const long = "x".repeat(101);
  expect((await ask("/c/0", PUT(long))).status).toBe(413);
  const body = new Blob([long]).stream();
  expect((await ask("/c/0", { method: "PUT", body, duplex: "half" } as RequestInit)).status).toBe(413);
  expect((await ask("/c/0", PUT("x".repeat(100)))).status).toBe(201);
  expect([...source.keys()]).toEqual(["/c/0"]);
});

it("lets those write whose token has the scope", async () => {
  const asked: unknown[] = [];
  const access = {
    judge: (_: unknown, scope: string, id?: string) => {
      asked.push([scope, id]);
      return "forbidden" as const;
    },
  };
  const source = new Map<string, Uint8Array>();
  const { ask } = testServer(source, { served: { writable: true }, access });
  expect((await ask("/c/0", PUT("new"))).status).toBe(403);
  expect((await ask("/c/0", { method: "DELETE" })).status).toBe(403);
  expect(asked).toEqual([
    ["write", "data"],
    ["write", "data"],
  ]);
  expect(source.size).toBe(0);
});
