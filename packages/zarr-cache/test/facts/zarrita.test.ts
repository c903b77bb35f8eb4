import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import * as zarr from "zarrita";
import type { RangeQuery } from "../../src/range.ts";
import { countingSource } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { gatedSource } from "../support/gated-source.ts";
import { plainSource } from "../support/plain-source.ts";

const SHARDED = fileURLToPath(
  new URL("../../../../test/fixtures/navy_winds_sharded_v3.zarr", import.meta.url),
);

/** The files of a directory as keys and values. */
async function filesOf(directory: string): Promise<Map<string, Uint8Array>> {
  const values = new Map<string, Uint8Array>();
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    values.set(`/${relative(directory, path).split(sep).join("/")}`, new Uint8Array(await readFile(path)));
  }
  return values;
}

describe("unlike zarrita's withByteCaching", () => {
  it("20 parallel gets are one get of the store within", async () => {
    const source = countingSource(plainSource(new Map([["/a", counted(100)]])));
    const { store } = cached(source);
    await Promise.all(Array.from({ length: 20 }, () => store.get("/a")));
    expect(source.requests).toHaveLength(1);
  });

  it("a missing key that is written later is seen, after its age or after a write", async () => {
    const values = new Map<string, Uint8Array>();
    const { store, clock } = cached(values);
    expect(await store.get("/a")).toBeUndefined();
    values.set("/a", counted(1));
    clock.advance(60_001);
    expect(await store.get("/a")).toEqual(counted(1));
    expect(await store.get("/b")).toBeUndefined();
    await store.set("/b", counted(2));
    expect(await store.get("/b")).toEqual(counted(2));
  });

  it("a reader's change is not seen by the next", async () => {
    const { store } = cached(plainSource(new Map([["/a", counted(4)]])));
    (await store.get("/a"))?.fill(0);
    (await store.get("/a"))?.fill(0);
    expect(await store.get("/a")).toEqual(counted(4));
  });

  it("the container is bounded", async () => {
    const source = { get: async () => counted(1000), getRange: async () => counted(1000) };
    const { store, storage } = cached(source, {}, { index: { maxBytes: 50_000 } });
    for (let i = 0; i < 300; i++) await store.get(`/${i}`);
    await store.idle();
    expect((await storage.usage()).bytes).toBeLessThanOrEqual(50_000);
  });

  it("a second open of a sharded array makes no request, nor does reading the same chunk again", async () => {
    const values = await filesOf(SHARDED);
    const source = countingSource(plainSource(values));
    const { store } = cached(source, {}, { index: { maxBytes: "100 MB" } });
    const path = [...values.keys()].find((key) => /\/c\//.test(key))?.replace(/\/c\/.*$/, "") ?? "/";
    const read = async () => {
      const array = await zarr.open.v3(zarr.root(store).resolve(path), { kind: "array" });
      const chunk = await array.getChunk(array.shape.map(() => 0));
      return { shape: chunk.shape, data: chunk.data };
    };
    const first = await read();
    await store.idle();
    expect(source.requests.length).toBeGreaterThan(2);
    source.forget();
    expect(await read()).toEqual(first);
    expect(source.requests).toEqual([]);
  });
});

describe("unlike zarrita's withRangeCoalescing", () => {
  it("the abort of the caller who came first does not reject the one who came second", async () => {
    const gate = gatedSource();
    const source = {
      get: gate.get,
      getRange: (key: string, _: RangeQuery, options = {}) => gate.get(key, options),
    };
    const { store } = cached(source);
    const first = new AbortController();
    const index: RangeQuery = { suffixLength: 20 };
    const one = store.getRange("/c/0", index, { signal: first.signal });
    const two = store.getRange("/c/0", index, { signal: new AbortController().signal });
    const read = await gate.arrived(0);
    first.abort();
    await expect(one).rejects.toMatchObject({ name: "AbortError" });
    read.resolve(counted(20));
    expect(await two).toEqual(counted(20));
    expect(gate.reads).toHaveLength(1);
  });
});

describe("unlike zarrita's FileSystemStore", () => {
  /** Fills up behind the end of a value with zeros, as that store does. */
  class FileSystemStore {
    readonly root = "/data";
    async get(_: string): Promise<Uint8Array> {
      return counted(100);
    }
    async getRange(_: string, range: RangeQuery): Promise<Uint8Array> {
      const asked = new Uint8Array("suffixLength" in range ? range.suffixLength : range.length);
      const start = "suffixLength" in range ? Math.max(0, 100 - range.suffixLength) : range.offset;
      asked.set(counted(100).slice(start, start + asked.byteLength));
      return asked;
    }
  }

  it("a range past the end is clipped, and an over-long suffix is the whole", async () => {
    const { store } = cached(new FileSystemStore());
    for (let i = 0; i < 2; i++) {
      expect(await store.getRange("/a", { offset: 90, length: 20 })).toEqual(counted(10, 90));
      expect(await store.getRange("/a", { suffixLength: 1000 })).toEqual(counted(100));
      expect(await store.getRange("/a", { offset: 10, length: 5 })).toEqual(counted(5, 10));
    }
  });
});
