import { describe, expect, it } from "vitest";
import { RECORDS, Records, send, startAside } from "./support.ts";

const URI = "/cache/api/v1.0/";
const SUCCESS = { result: "success" };

describe.each(["GET", "POST"] as const)("a command by %s", (method) => {
  it("create reads an object into the cache, and does so once", async () => {
    const records = new Records();
    const { request, context } = await startAside(records);
    for (let time = 0; time < 2; time++) {
      const answer = await send(request, method, { command: "create", path: "file1.snappy.parquet" });
      expect(answer.status).toBe(200);
      expect(answer.headers.get("content-type")).toBe("application/json");
      expect(await answer.json()).toEqual({
        return: { uri: URI, path: "file1.snappy.parquet", value: SUCCESS },
      });
    }
    expect(records.reads).toEqual(["/file1.snappy.parquet"]);
    expect(await context.cache.storage.has({ storeId: "data", key: "/file1.snappy.parquet" })).toBe(true);
  });

  it("read gives JSON as JSON, digit for digit", async () => {
    const { request } = await startAside();
    const answer = await send(request, method, { command: "read", path: "file1.json" });
    expect(await answer.text()).toBe(
      `{"return":{"uri":"${URI}","path":"file1.json","value":${RECORDS["/file1.json"]}}}\n`,
    );
  });

  it("read gives text as a string, and tells of bytes where they are", async () => {
    const { request } = await startAside();
    const value = async (path: string) =>
      (await (await send(request, method, { command: "read", path })).json()).return.value;
    expect(await value("table.csv")).toBe(RECORDS["/table.csv"]);
    expect(await value("broken.json")).toBe("{");
    const told = await value("file1.snappy.parquet");
    expect(told).toEqual({
      result: "success",
      bytes: 6081,
      type: "application/vnd.apache.parquet",
      href: "/api/v1/objects/file1.snappy.parquet",
    });
    const bytes = await (await request(told.href)).arrayBuffer();
    expect(Buffer.from(bytes)).toEqual(RECORDS["/file1.snappy.parquet"]);
  });

  it("read gives the bytes themselves, or in base64", async () => {
    const { request } = await startAside();
    const path = "file1.snappy.parquet";
    const raw = await send(request, method, { command: "read", path, as: "bytes" });
    expect(raw.headers.get("content-type")).toBe("application/vnd.apache.parquet");
    expect(Buffer.from(await raw.arrayBuffer())).toEqual(RECORDS["/file1.snappy.parquet"]);
    const { return: returned } = await (await send(request, method, { path, as: "base64" })).json();
    expect(Buffer.from(returned.value, "base64")).toEqual(RECORDS["/file1.snappy.parquet"]);
  });

  it("update drops the copy and reads anew", async () => {
    const records = new Records();
    const { request } = await startAside(records);
    const path = "file1.json";
    await send(request, method, { command: "create", path });
    records.values.set("/file1.json", Uint8Array.from(Buffer.from("2")));
    expect((await (await send(request, method, { path })).json()).return.value).toMatchObject({ foo: "bar" });
    const answer = await send(request, method, { command: "update", path });
    expect(await answer.json()).toEqual({ return: { uri: URI, path, value: SUCCESS } });
    expect((await (await send(request, method, { path })).json()).return.value).toBe(2);
    expect(records.reads).toEqual(["/file1.json", "/file1.json"]);
  });

  it("delete drops the copy, and never the object", async () => {
    const records = new Records();
    const { request } = await startAside(records);
    const path = "file1.json";
    await send(request, method, { command: "create", path });
    for (let time = 0; time < 2; time++) {
      const answer = await send(request, method, { command: "delete", path });
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual({ return: { uri: URI, path, value: SUCCESS } });
      const { return: known } = await (await send(request, method, { command: "head", path })).json();
      expect(known.value).toEqual({ path, cached: false });
    }
    expect(records.values.has("/file1.json")).toBe(true);
    expect(records.reads).toEqual(["/file1.json"]);
  });

  it("head tells what is known of the copy, and asks nobody", async () => {
    const records = new Records();
    const { request } = await startAside(records);
    const path = "2020/file1.json";
    await send(request, method, { command: "create", path, expires: "1h" });
    const { return: known } = await (await send(request, method, { command: "head", path })).json();
    expect(known).toEqual({
      uri: URI,
      path,
      value: {
        path,
        cached: true,
        bytes: 7,
        type: "application/json",
        cachedAt: expect.stringMatching(/Z$/),
        expiresAt: expect.stringMatching(/Z$/),
        cost: expect.any(Number),
        tier: "memory",
      },
    });
    const lifetime = Date.parse(known.value.expiresAt) - Date.parse(known.value.cachedAt);
    expect(lifetime).toBe(3_600_000);
    expect(records.reads).toEqual(["/2020/file1.json"]);
    const { return: all } = await (await send(request, method, { command: "head" })).json();
    expect(all).toMatchObject({ uri: URI, value: { store: "data", entries: 1, paths: [path], more: false } });
    expect(all).not.toHaveProperty("path");
  });

  it("calls a function with what else is there, and answers without a path", async () => {
    const { request } = await startAside();
    await send(request, method, { command: "create", path: "2020/file1.json" });
    const answer = await send(request, method, { function: "say_hello", message: "hello world" });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      return: { uri: URI, value: { message: "hello world", paths: ["2020/file1.json"] } },
    });
  });

  it("calls cache_item_stats of a real Parquet file, and cache_stats", async () => {
    const { request } = await startAside();
    await send(request, method, { command: "create", path: "file1.snappy.parquet" });
    const item = await send(request, method, { function: "cache_item_stats", key: "file1.snappy.parquet" });
    expect((await item.json()).return.value).toMatchObject({
      key: "file1.snappy.parquet",
      format: "parquet",
      rows: 781,
      codecs: ["SNAPPY"],
      columns: [
        { name: "cusip", type: "string", nulls: 0 },
        { name: "price", type: "float64", nulls: 776 - 772 },
        { name: "security_type", type: "float64", nulls: 781 },
        { name: "trade_date", type: "date", nulls: 781 },
      ],
      preview: { first: [{ cusip: "Unit:", price: null }, {}, {}, {}, {}], last: [{}, {}, {}, {}, {}] },
    });
    const all = await send(request, method, { function: "cache_stats" });
    expect((await all.json()).return.value).toMatchObject({
      store: { id: "data", entries: 1 },
      cache: { entries: 1, maxBytes: 64_000_000 },
      tiers: [{ tier: "memory", sick: false }],
      since: { reads: 1, misses: 1 },
    });
  });
});

it("reads what is missing anew each time that it is created", async () => {
  const records = new Records();
  const { request } = await startAside(records);
  const create = () => send(request, "GET", { command: "create", path: "later.json" });
  expect((await create()).status).toBe(404);
  records.values.set("/later.json", Uint8Array.from(Buffer.from("1")));
  expect((await create()).status).toBe(200);
});

it("lets an object end when its creator said", async () => {
  const records = new Records();
  const { request } = await startAside(records);
  await send(request, "GET", { command: "create", path: "file1.json", expires: "0s" });
  await send(request, "GET", { command: "read", path: "file1.json" });
  expect(records.reads).toEqual(["/file1.json", "/file1.json"]);
});

it("gives bytes to who asks for them by Accept", async () => {
  const { request } = await startAside();
  const headers = { Accept: "application/octet-stream" };
  const answer = await request("/cache/api/v1.0/?path=2020/file1.json", { headers });
  expect(await answer.text()).toBe("[1,2,3]");
});

it("answers with 502 when the system of record fails, and keeps nothing", async () => {
  let failures = 1;
  const source = {
    get: () => {
      if (failures-- > 0) throw new Error("away, with a secret");
      return Uint8Array.of(49);
    },
  };
  const { request } = await startAside(source);
  const failed = await send(request, "GET", { command: "create", path: "a.json" });
  expect(failed.status).toBeGreaterThanOrEqual(500);
  expect(await failed.text()).not.toContain("secret");
  expect((await send(request, "GET", { command: "create", path: "a.json" })).status).toBe(200);
});
