import { describe, expect, it } from "vitest";
import { CachedStore, TieredCacheStorage } from "../../src/index.ts";
import type { Key } from "../../src/key.ts";
import { countingSource, deferred } from "../../src/testing/index.ts";
import { counted, json } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { testTier } from "../support/memory-tier.ts";
import { plainSource } from "../support/plain-source.ts";

const META = json({
  zarr_format: 3,
  node_type: "array",
  shape: [6],
  chunk_grid: { name: "regular", configuration: { chunk_shape: [2] } },
  chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
});

/** Two arrays of three chunks, of which one lacks its last. */
const VALUES = new Map<string, Uint8Array>([
  ["/t/zarr.json", META],
  ["/t/c/0", counted(10)],
  ["/t/c/1", counted(20)],
  ["/t/c/2", counted(30)],
  ["/u/zarr.json", META],
  ["/u/c/0", counted(11)],
  ["/u/c/1", counted(12)],
]);

const under = (path: string) => new Map([...VALUES].filter(([key]) => key.startsWith(path)));
const open = () => {
  const source = countingSource(plainSource(VALUES));
  return { ...cached(source), source };
};

describe("an export", () => {
  it("writes arrays, fetching what is missing, metadata last", async () => {
    const { store, source } = open();
    await store.get("/t/c/1");
    const target = new Map<Key, Uint8Array>();
    const report = await store.export(target, { arrays: ["t"] });
    expect(target).toEqual(under("/t/"));
    expect([...target.keys()].at(-1)).toBe("/t/zarr.json");
    expect(report).toEqual({ done: 4, total: 4, bytes: 60 + META.byteLength, missing: 0, partial: [] });
    expect(source.countOf("/t/c/1")).toBe(1);
  });

  it("counts chunks that have no value, and is whole without them", async () => {
    const { store } = open();
    const target = new Map<Key, Uint8Array>();
    expect(await store.export(target, { arrays: ["/u"] })).toMatchObject({
      done: 3,
      missing: 1,
      partial: [],
    });
    expect(target).toEqual(under("/u/"));
  });

  it("of everything that is cached asks for nothing else", async () => {
    const { store, source } = open();
    await store.warm({ arrays: ["u"] });
    await store.idle();
    const before = source.requests.length;
    const target = new Map<Key, Uint8Array>();
    await store.export(target);
    expect(target).toEqual(under("/u/"));
    expect(source.requests).toHaveLength(before);
  });

  it("refuses to look complete when it is not, before it writes anything", async () => {
    const { store } = open();
    await store.warm({ arrays: ["t"], region: [[0, 2]] });
    await store.idle();
    const arrays = [{ array: "/t", chunks: 1, of: 3 }];
    const target = new Map<Key, Uint8Array>();
    const refused = { tag: "PartialExportError", arrays };
    await expect(store.export(target)).rejects.toMatchObject(refused);
    await expect(store.export(target, { arrays: ["t"] }, { cachedOnly: true })).rejects.toMatchObject(
      refused,
    );
    await expect(store.export(target, { arrays: ["t"], region: [[0, 2]] })).rejects.toThrow(
      /1 of 3 chunks of "\/t".*fill values.*partial: true/,
    );
    expect(target.size).toBe(0);

    expect(await store.export(target, undefined, { partial: true })).toMatchObject({
      done: 2,
      partial: arrays,
    });
    expect([...target.keys()]).toEqual(["/zarr-cache-partial.json", "/t/c/0", "/t/zarr.json"]);
    expect(JSON.parse(new TextDecoder().decode(target.get("/zarr-cache-partial.json")))).toEqual({
      partial: arrays,
    });
  });

  it("refuses consolidated metadata that tells of arrays that are left out", async () => {
    const group = {
      zarr_format: 3,
      node_type: "group",
      consolidated_metadata: { metadata: { t: JSON.parse(new TextDecoder().decode(META)) } },
    };
    const { store } = cached(new Map([...VALUES, ["/zarr.json", json(group)]]));
    await expect(store.export(new Map(), ["/zarr.json"])).rejects.toMatchObject({
      arrays: [{ array: "/t", chunks: 0, of: 3 }],
    });
    expect(await store.export(new Map(), { pattern: "/**" })).toMatchObject({ done: 8 });
  });

  it("ends with the first failure, of the source or of the target", async () => {
    const { store } = cached({
      get: async (key: string) => {
        if (key === "/t/c/1") throw new Error("503");
        return VALUES.get(key);
      },
    });
    const target = new Map<Key, Uint8Array>();
    await expect(store.export(target, { arrays: ["t"] })).rejects.toThrow("503");
    expect(target.has("/t/zarr.json")).toBe(false);
    const full = { set: () => Promise.reject(new Error("ENOSPC")) };
    await expect(open().store.export(full, { arrays: ["u"] })).rejects.toThrow("ENOSPC");
  });

  it("tells how far it is, and ends when it is told to", async () => {
    const { store } = open();
    const told: unknown[] = [];
    const stop = new AbortController();
    const onProgress = (progress: { done: number }) => {
      told.push(progress);
      if (progress.done === 2) stop.abort(new Error("enough"));
    };
    const target = new Map<Key, Uint8Array>();
    const exporting = store.export(
      target,
      { arrays: ["t"] },
      { onProgress, signal: stop.signal, concurrency: 1 },
    );
    await expect(exporting).rejects.toThrow("enough");
    expect(told).toEqual([
      { done: 1, total: 4, bytes: 10 },
      { done: 2, total: 4, bytes: 30 },
    ]);
    expect([...target.keys()]).toEqual(["/t/c/0", "/t/c/1"]);
  });

  it("rejects what is no target and no selection", async () => {
    const { store } = open();
    await expect(store.export({} as never)).rejects.toMatchObject({ option: "target" });
    await expect(store.export(new Map(), 5 as never)).rejects.toMatchObject({ option: "selection" });
    await expect(store.export(new Map(), { pattern: "/x/**" })).rejects.toMatchObject({
      tag: "UnsupportedError",
    });
  });
});

describe("an import", () => {
  it("lets a store be read offline, exactly, and knows what is missing of whole arrays", async () => {
    const { store, storage } = cached(new Map());
    const offline = cached(new Map(), { offline: true }).store;
    expect(await store.import(VALUES)).toEqual({
      done: 7,
      total: 7,
      bytes: 83 + 2 * META.byteLength,
      refused: 0,
      missing: 1,
    });
    const reader = new CachedStore(new Map(), "s", storage, { offline: true });
    for (const [key, value] of VALUES) expect(await reader.get(key as Key), key).toEqual(value);
    expect(await reader.get("/u/c/2")).toBeUndefined();
    await expect(offline.get("/u/c/2")).rejects.toMatchObject({ tag: "OfflineError" });
  });

  it("takes groups with consolidated metadata, and documents that it cannot read, for what they are", async () => {
    const array = { node_type: "array", shape: [4], chunk_grid: { name: "rectilinear" } };
    const given = new Map([
      ["/zarr.json", json({ node_type: "group", consolidated_metadata: { metadata: { odd: array } } })],
      ["/odd/zarr.json", json(array)],
      ["/broken/zarr.json", counted(3)],
      ["/broken/.zarray", counted(3)],
    ]);
    const { store } = cached(new Map(), { offline: true });
    expect(await store.import(given)).toMatchObject({ done: 4, missing: 0 });
    await expect(store.get("/odd/c/0")).rejects.toMatchObject({ tag: "OfflineError" });
  });

  it("of a partial export does not take what is not there for missing", async () => {
    const { store } = open();
    await store.warm({ arrays: ["t"], region: [[0, 2]] });
    await store.idle();
    const target = new Map<Key, Uint8Array>();
    await store.export(target, undefined, { partial: true });
    const other = cached(new Map(), { offline: true });
    expect(await other.store.import(target)).toMatchObject({ done: 2, missing: 0 });
    expect(await other.store.get("/t/c/0")).toEqual(counted(10));
    await expect(other.store.get("/t/c/1")).rejects.toMatchObject({ tag: "OfflineError" });
  });

  it("replaces what is cached, and owns its bytes", async () => {
    const { store } = cached(new Map([["/a", counted(4)]]));
    await store.get("/a");
    await store.idle();
    const given = counted(8);
    await store.import([["/a", given]]);
    given.fill(9);
    expect(await store.get("/a")).toEqual(counted(8));
  });

  it("replaces what other stores over a tier that they share have in memory, and what is missing now", async () => {
    const shared = testTier({ storage: { tier: "shared" } });
    const open = () => {
      const own = testTier({ clock: shared.clock, storage: { tier: "own" } }).storage;
      return new CachedStore(VALUES, "s", new TieredCacheStorage([own, shared.storage]));
    };
    const [store, other] = [open(), open()];
    for (const each of [store, other])
      for (const key of ["/t/c/0", "/t/c/1"] as const) {
        expect(await each.get(key)).toEqual(VALUES.get(key));
        await each.idle();
      }
    const imported = new Map([...under("/t/"), ["/t/c/0", counted(10, 7)]]);
    imported.delete("/t/c/1");
    expect(await store.import(imported)).toMatchObject({ done: 3, missing: 1 });
    for (const each of [store, other]) {
      expect(await each.get("/t/c/0")).toEqual(counted(10, 7));
      expect(await each.get("/t/c/1")).toBeUndefined();
    }
  });

  it("counts what there is no room for", async () => {
    const { store } = cached(new Map(), {}, { index: { maxBytes: 10_000, maxEntryBytes: 1000 } });
    expect(
      await store.import(
        new Map([
          ["/a", counted(5000)],
          ["/b", counted(5)],
        ]),
      ),
    ).toMatchObject({
      done: 1,
      refused: 1,
    });
  });

  it("ends when it is told to, though its source does not go on", async () => {
    const { store } = cached(new Map());
    const stop = new AbortController();
    async function* values() {
      yield ["/a", counted(4)] as const;
      await deferred<void>().promise;
    }
    const onProgress = () => stop.abort(new Error("enough"));
    await expect(store.import(values(), { onProgress, signal: stop.signal })).rejects.toThrow("enough");
  });

  it("ends when it is told to, and rejects what is no key or value", async () => {
    const { store } = cached(new Map());
    const stop = new AbortController();
    const onProgress = () => stop.abort(new Error("enough"));
    await expect(store.import(VALUES, { onProgress, signal: stop.signal })).rejects.toThrow("enough");
    expect(await store.storage.has({ storeId: "s", key: "/t/zarr.json" })).toBe(true);
    await expect(store.import([["relative", counted(1)]])).rejects.toMatchObject({ tag: "InvalidKeyError" });
    await expect(store.import([["/a", "text" as never]])).rejects.toMatchObject({ tag: "InvalidValueError" });
    await expect(store.import(5 as never)).rejects.toMatchObject({ option: "source" });
  });
});
