import { describe, expect, it } from "vitest";
import { countingSource, deferred, faultPlan, faultySource } from "../../src/testing/index.ts";
import { counted, json } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { gatedSource } from "../support/gated-source.ts";
import { plainSource } from "../support/plain-source.ts";

const v3 = {
  zarr_format: 3,
  node_type: "array",
  shape: [5, 4],
  chunk_grid: { name: "regular", configuration: { chunk_shape: [2, 2] } },
  chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
};
const v2 = { zarr_format: 2, shape: [5, 4], chunks: [2, 2] };

/** A source that knows an array's metadata and answers a byte for every other key. */
function arraySource(path: string, document: unknown) {
  return countingSource({
    get: async (key: string) =>
      key === path ? json(document) : /zarr.json$|zarray$|zattrs$/.test(key) ? undefined : counted(1),
  });
}

describe("keys", () => {
  it("are read once each, and then served from the cache", async () => {
    const keys = Array.from({ length: 40 }, (_, i) => `/${i}`);
    const source = countingSource(plainSource(new Map(keys.map((key, i) => [key, counted(i)]))));
    const { store } = cached(source);
    const report = await store.warm(keys);
    expect(report).toEqual({
      done: 40,
      total: 40,
      cached: 0,
      bytes: (39 * 40) / 2,
      failed: 0,
      missing: 0,
      refused: 0,
      failures: [],
    });
    for (const [i, key] of keys.entries()) expect(await store.get(key as "/x")).toEqual(counted(i));
    expect(source.requests).toHaveLength(40);
  });

  it("may come from anything that can be iterated", async () => {
    const source = countingSource(plainSource(new Map([["/a", counted(2)]])));
    const { store } = cached(source);
    expect(await store.warm(new Set(["/a", "/b"]))).toMatchObject({ done: 2, total: 2, missing: 1 });
    const later = (async function* () {
      yield "/a";
      yield "/c";
    })();
    expect(await store.warm(later)).toMatchObject({ done: 2, total: 2, bytes: 2, missing: 1 });
    expect(await store.warm([])).toMatchObject({ done: 0, total: 0 });
  });

  it("that fail are reported, and the others go on", async () => {
    const plan = faultPlan();
    const values = new Map(["/a", "/b", "/c", "/d"].map((key) => [key, counted(3)]));
    const { store } = cached(faultySource(plainSource(values), plan));
    plan.add({ kind: "fail", every: 2, error: new Error("503") });
    const report = await store.warm([...values.keys()], { concurrency: 1 });
    expect(report).toMatchObject({ done: 4, failed: 2, bytes: 6 });
    expect(report.failures).toEqual([
      { key: "/b", error: new Error("503") },
      { key: "/d", error: new Error("503") },
    ]);
  });

  it("that are none are reported like any other failure", async () => {
    const { store } = cached(new Map([["/a", counted(1)]]));
    const report = await store.warm(["/a", "relative", "/../up"]);
    expect(report).toMatchObject({ done: 3, failed: 2 });
    expect(report.failures.map(({ error }) => (error as { tag: string }).tag)).toEqual([
      "InvalidKeyError",
      "InvalidKeyError",
    ]);
  });
});

describe("arrays", () => {
  it("of version 3 are read whole: metadata and every chunk", async () => {
    const source = arraySource("/t/zarr.json", v3);
    const { store } = cached(source);
    const report = await store.warm({ arrays: ["t"] });
    expect(report).toMatchObject({ done: 7, total: 7, failed: 0 });
    expect(new Set(source.requests.map(({ key }) => key))).toEqual(
      new Set(["/t/zarr.json", ...["0/0", "0/1", "1/0", "1/1", "2/0", "2/1"].map((c) => `/t/c/${c}`)]),
    );
    expect(source.countOf("/t/zarr.json")).toBe(1);
  });

  it("of version 2 are read whole, with the separator that they say", async () => {
    for (const [separator, first] of [
      [undefined, "/t/0.0"],
      ["/", "/t/0/0"],
    ] as const) {
      const source = arraySource("/t/.zarray", {
        ...v2,
        ...(separator && { dimension_separator: separator }),
      });
      const { store } = cached(source);
      expect(await store.warm({ arrays: ["/t/"] })).toMatchObject({ done: 8, missing: 1 });
      expect(source.countOf(first)).toBe(1);
    }
  });

  it("are read only where they touch a region", async () => {
    const source = arraySource("/t/zarr.json", v3);
    const { store } = cached(source);
    await store.warm({ arrays: ["t"], region: [[1, 3], null] });
    expect(source.requests.map(({ key }) => key).filter((key) => key.includes("/c/"))).toEqual([
      "/t/c/0/0",
      "/t/c/0/1",
      "/t/c/1/0",
      "/t/c/1/1",
    ]);
    const none = await store.warm({ arrays: ["t"], region: [[2, 2], null] });
    expect(none).toMatchObject({ done: 1, total: 1 });
  });

  it("without dimensions have one chunk", async () => {
    const scalar = { ...v3, shape: [], chunk_grid: { name: "regular", configuration: { chunk_shape: [] } } };
    const source = arraySource("/t/zarr.json", scalar);
    await cached(source).store.warm({ arrays: ["t"] });
    expect(source.requests.map(({ key }) => key)).toEqual(["/t/zarr.json", "/t/c"]);
  });

  it("that are none are refused, naming them", async () => {
    const { store } = cached(new Map([["/g/zarr.json", json({ node_type: "group" })]]));
    await expect(store.warm({ arrays: ["nowhere"] })).rejects.toThrow(/"nowhere".*no zarr\.json/);
    await expect(store.warm({ arrays: ["g"] })).rejects.toMatchObject({ tag: "UnsupportedError" });
  });

  it.each([
    ["/t/zarr.json", null],
    ["/t/zarr.json", { node_type: "array" }],
    ["/t/zarr.json", { ...v3, shape: 5 }],
    ["/t/zarr.json", { ...v3, shape: [5] }],
    ["/t/zarr.json", { ...v3, shape: [5, -1] }],
    ["/t/zarr.json", { ...v3, chunk_grid: { name: "regular", configuration: { chunk_shape: [0, 1] } } }],
    ["/t/.zarray", []],
    ["/t/.zarray", { shape: [4, 4] }],
    ["/t/.zarray", { ...v2, chunks: ["2", 2] }],
  ])("whose metadata in %s are %j are refused, naming them", async (key, metadata) => {
    const { store } = cached(new Map([[key, json(metadata)]]));
    await expect(store.warm({ arrays: ["t"] })).rejects.toMatchObject({
      tag: "InvalidOptionError",
      option: "arrays",
      value: "t",
    });
  });

  it("of another chunk grid are not supported, and the error names that", async () => {
    const { store } = cached(arraySource("/t/zarr.json", { ...v3, chunk_grid: { name: "rectilinear" } }));
    const refused = store.warm({ arrays: ["t"] });
    await expect(refused).rejects.toThrow(/"t".*"rectilinear"/);
    await expect(refused).rejects.toMatchObject({ tag: "UnsupportedError" });
  });

  it("with a region that does not fit are refused, saying what would", async () => {
    const { store } = cached(arraySource("/t/zarr.json", v3));
    for (const region of [
      [],
      [[0, 1]],
      [[0, 6], null],
      [[-1, 2], null],
      [[3, 2], null],
      [[0.5, 2], null],
      [3, null],
      [[1], null],
    ])
      await expect(store.warm({ arrays: ["t"], region: region as never })).rejects.toMatchObject({
        tag: "InvalidOptionError",
        option: "region",
      });
  });
});

it("tells how far it is after each key", async () => {
  const { store } = cached(plainSource(new Map(["/a", "/b", "/c"].map((key) => [key, counted(10)]))));
  const told: unknown[] = [];
  await store.warm(["/a", "/b", "/c"], { onProgress: (progress) => told.push(progress), concurrency: 1 });
  expect(told).toEqual([
    { done: 1, total: 3, cached: 0, bytes: 10, failed: 0 },
    { done: 2, total: 3, cached: 0, bytes: 20, failed: 0 },
    { done: 3, total: 3, cached: 0, bytes: 30, failed: 0 },
  ]);
});

it("goes on where an earlier call ended, and counts what that got through", async () => {
  const source = arraySource("/t/zarr.json", v3);
  const { store } = cached(source);
  const first = await store.warm({ arrays: ["t"], region: [[0, 2], null] });
  expect(first).toMatchObject({ done: 3, cached: 0 });
  await store.idle();
  const again = cached(source);
  expect(await store.warm({ arrays: ["t"] })).toMatchObject({ done: 7, cached: 3, bytes: first.bytes + 4 });
  expect(source.requests).toHaveLength(7);
  expect(await again.store.warm({ arrays: ["t"] })).toMatchObject({ done: 7, cached: 0 });
});

it("lets a reader go before the keys that wait, and does not fetch for itself what the reader brought", async () => {
  const gate = gatedSource();
  const { store } = cached(gate);
  const warming = store.warm(["/a", "/b", "/c"], { concurrency: 1 });
  const first = await gate.arrived(0);
  const reading = store.get("/c");
  const second = await gate.arrived(1);
  expect(second.key).toBe("/c");
  second.resolve(counted(3));
  expect(await reading).toEqual(counted(3));
  first.resolve(counted(1));
  (await gate.arrived(2)).resolve(counted(2));
  expect(await warming).toMatchObject({ done: 3, cached: 1, bytes: 6 });
  expect(gate.reads.map(({ key }) => key)).toEqual(["/a", "/c", "/b"]);
});

it("fetches again what is past its age", async () => {
  const source = countingSource(plainSource(new Map([["/a", counted(4)]])));
  const { store, clock } = cached(source, { maxAge: "1m" });
  await store.warm(["/a"]);
  await store.idle();
  clock.advance(61_000);
  expect(await store.warm(["/a"])).toMatchObject({ done: 1, cached: 0 });
  expect(source.requests).toHaveLength(2);
});

it("reads no more at once than it is allowed", async () => {
  const source = countingSource(plainSource(new Map()));
  const { store } = cached(source);
  await store.warm(
    Array.from({ length: 50 }, (_, i) => `/${i}`),
    { concurrency: 3 },
  );
  expect(source.maxInFlight).toBe(3);
});

it("ends with the reason of its signal, aborts what is under way and keeps what it has", async () => {
  const gate = gatedSource();
  const { store } = cached(gate);
  const stop = new AbortController();
  const warming = store.warm(["/a", "/b", "/c", "/d"], { concurrency: 2, signal: stop.signal });
  (await gate.arrived(0)).resolve(counted(1));
  const third = await gate.arrived(2);
  stop.abort(new Error("enough"));
  await expect(warming).rejects.toThrow("enough");
  expect(third.signal?.aborted).toBe(true);
  await store.idle();
  expect(await store.get("/a")).toEqual(counted(1));
  expect(gate.reads).toHaveLength(3);
});

it("ends with its signal, though what makes the keys does not go on", async () => {
  const { store } = cached(new Map([["/a", counted(4)]]));
  const stop = new AbortController();
  async function* keys() {
    yield "/a";
    await deferred<void>().promise;
  }
  const onProgress = () => stop.abort(new Error("enough"));
  await expect(store.warm(keys(), { signal: stop.signal, onProgress })).rejects.toThrow("enough");
});

it("ends while it reads the metadata that tell the keys", async () => {
  const gate = gatedSource();
  const { store } = cached(gate);
  const stop = new AbortController();
  const warming = store.warm({ arrays: ["/t"] }, { signal: stop.signal });
  const document = await gate.arrived(0);
  stop.abort(new Error("enough"));
  await expect(warming).rejects.toThrow("enough");
  expect(document.signal?.aborted).toBe(true);
});

it("rejects what is no selection, and a concurrency that is none", async () => {
  const { store } = cached(new Map());
  for (const selection of [undefined, null, 5, "/a", {}, { arrays: "t" }])
    await expect(store.warm(selection as never)).rejects.toMatchObject({ option: "selection" });
  for (const concurrency of [0, -1, 1.5, Number.NaN, "3"])
    await expect(store.warm(["/a"], { concurrency: concurrency as number })).rejects.toMatchObject({
      option: "concurrency",
    });
});
