import { DEFAULT_LIMITS } from "@zarr-cache/server";
import { expect, it } from "vitest";
import { RECORDS, Records, startAside } from "./support.ts";

it("reads an object through the cache", async () => {
  const records = new Records();
  const { request } = await startAside(records);
  for (let time = 0; time < 2; time++) {
    const answer = await request("/api/v1/objects/2020/file1.json");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(await answer.text()).toBe("[1,2,3]");
  }
  expect(records.reads).toEqual(["/2020/file1.json"]);
});

it("puts an object in place of another, in the cache alone", async () => {
  const records = new Records();
  const { request } = await startAside(records);
  const put = (body: string) => request("/api/v1/objects/file1.json", { method: "PUT", body });
  const created = await put("1");
  expect([created.status, created.headers.get("location")]).toEqual([201, "/api/v1/objects/file1.json"]);
  expect((await put("22")).status).toBe(204);
  expect(await (await request("/api/v1/objects/file1.json")).text()).toBe("22");
  expect(records.reads).toEqual([]);
  expect(Buffer.from(records.values.get("/file1.json") ?? []).toString()).toBe(RECORDS["/file1.json"]);
});

it("lets an object end, after which the system of record has the word", async () => {
  const { request } = await startAside();
  await request("/api/v1/objects/2020/file1.json?expires=1h", { method: "PUT", body: "1" });
  const head = await request("/api/v1/objects/2020/file1.json", { method: "HEAD" });
  const ends = Date.parse(head.headers.get("expires") ?? "") - Date.parse(head.headers.get("date") ?? "");
  expect(ends).toBe(3_600_000);
  await request("/api/v1/objects/2020/file1.json?expires=0s", { method: "PUT", body: "1" });
  expect((await request("/api/v1/objects/2020/file1.json", { method: "HEAD" })).status).toBe(404);
  expect(await (await request("/api/v1/objects/2020/file1.json")).text()).toBe("[1,2,3]");
});

it("tells what is known of an object without asking for it", async () => {
  const records = new Records();
  const { request } = await startAside(records);
  const head = () => request("/api/v1/objects/2020/file1.json", { method: "HEAD" });
  expect((await head()).status).toBe(404);
  expect(records.reads).toEqual([]);
  await request("/api/v1/objects/2020/file1.json");
  const known = await head();
  expect(known.status).toBe(200);
  expect(known.headers.get("content-length")).toBe("7");
  expect(await known.text()).toBe("");
});

it("drops an object from the cache alone", async () => {
  const records = new Records();
  const { request } = await startAside(records);
  await request("/api/v1/objects/2020/file1.json");
  for (let time = 0; time < 2; time++)
    expect((await request("/api/v1/objects/2020/file1.json", { method: "DELETE" })).status).toBe(204);
  expect((await request("/api/v1/objects/2020/file1.json", { method: "HEAD" })).status).toBe(404);
  expect(records.values.has("/2020/file1.json")).toBe(true);
});

it("takes an object as long as it may be, and says of a longer one that it is not kept", async () => {
  const { request } = await startAside(
    new Records(),
    {},
    { limits: { ...DEFAULT_LIMITS, maxBodyBytes: 20_000_000 } },
  );
  const put = (bytes: number) =>
    request(`/api/v1/objects/${bytes}`, { method: "PUT", body: new Uint8Array(bytes) });
  expect((await put(20_000_001)).status, "longer than a body may be").toBe(413);
  expect((await put(19_000_000)).status, "larger than an entry of this cache may be").toBe(507);
  expect((await put(1_000_000)).status).toBe(201);
});

it("calls a function with a JSON object as its arguments", async () => {
  const { request } = await startAside();
  expect(await (await request("/api/v1/functions")).json()).toEqual({
    functions: ["cache_item_stats", "cache_stats", "misbehave", "say_hello"],
  });
  const answer = await request("/api/v1/functions/say_hello", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ message: { n: 1 } }),
  });
  expect(await answer.json()).toEqual({ value: { message: { n: 1 }, paths: [] } });
});
