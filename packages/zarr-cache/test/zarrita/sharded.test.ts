import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import * as zarr from "zarrita";
import { CachedStore } from "../../src/cached-store.ts";
import { SourceChangedError } from "../../src/index.ts";
import { cacheDecodedChunks } from "../../src/zarrita/index.ts";
import { cached, type TestStore } from "../support/cached.ts";
import { VersionedSource } from "../support/versioned-source.ts";
import { firstOf, openArray } from "./arrays.ts";

const METADATA = {
  zarr_format: 3,
  node_type: "array",
  shape: [16],
  data_type: "int32",
  chunk_grid: { name: "regular", configuration: { chunk_shape: [8] } },
  chunk_key_encoding: { name: "default" },
  fill_value: 0,
  codecs: [
    {
      name: "sharding_indexed",
      configuration: {
        chunk_shape: [4],
        codecs: [{ name: "bytes", configuration: { endian: "little" } }],
        index_codecs: [{ name: "bytes", configuration: { endian: "little" } }],
        index_location: "end",
      },
    },
  ],
  attributes: {},
};

/** A shard of two inner chunks of four values each, `gap` bytes apart, with its index at the end. */
function makeShard(first: number, gap = 0): Uint8Array {
  const bytes = new Uint8Array(32 + gap + 32);
  const chunk = (start: number) =>
    new Uint8Array(Int32Array.from({ length: 4 }, (_, at) => start + at).buffer);
  bytes.set(chunk(first), 0);
  bytes.set(chunk(first + 4), 16 + gap);
  const index = BigUint64Array.of(0n, 16n, BigInt(16 + gap), 16n);
  bytes.set(new Uint8Array(index.buffer), 32 + gap);
  return bytes;
}

function shardedSource() {
  const map = new Map<string, Uint8Array>([
    ["/zarr.json", new TextEncoder().encode(JSON.stringify(METADATA))],
    ["/c/0", makeShard(1)],
    ["/c/1", makeShard(9)],
  ]);
  const record = { reads: [] as string[], hold: undefined as Promise<void> | undefined };
  return {
    map,
    record,
    get: async (key: string) => map.get(key),
    async getRange(
      key: string,
      range: { offset: number; length: number } | { suffixLength: number },
      options?: { signal?: AbortSignal },
    ) {
      record.reads.push(key);
      const value = map.get(key);
      await new Promise<void>((resolve, reject) => {
        options?.signal?.addEventListener("abort", () => reject(options.signal?.reason), { once: true });
        (record.hold ?? Promise.resolve()).then(resolve);
      });
      return "suffixLength" in range
        ? value?.slice(-range.suffixLength)
        : value?.slice(range.offset, range.offset + range.length);
    },
  };
}

describe("a sharded array", () => {
  it("has its inner chunks kept one by one, and dropped with their shard", async () => {
    const source = shardedSource();
    const { store } = cached(source);
    const chunks = cacheDecodedChunks();
    const array = zarr.extendArray(await openArray(store, ""), chunks.extension);
    const values = [...(await zarr.get(array)).data];
    expect(values).toEqual(Array.from({ length: 16 }, (_, at) => at + 1));
    expect(chunks.stats()).toMatchObject({ entries: 4, misses: 4 });
    await store.invalidate("/c/1");
    expect(chunks.stats().entries).toBe(2);
    expect([...(await zarr.get(array)).data]).toEqual(values);
    expect(chunks.stats()).toMatchObject({ hits: 2, misses: 6 });
  });

  it("is read by the new index once its shard was replaced and its copies dropped", async () => {
    const source = shardedSource();
    const { store } = cached(source);
    const array = zarr.extendArray(await openArray(store, ""), cacheDecodedChunks().extension);
    expect(await firstOf(array, [1])).toBe(5);
    source.map.set("/c/0", makeShard(101, 8));
    await store.invalidate("/c/0");
    expect(await firstOf(array, [1])).toBe(105);
    expect(await firstOf(array, [0])).toBe(101);
    source.map.set("/c/0", makeShard(201, 16));
    await store.invalidate();
    expect([await firstOf(array, [1]), await firstOf(array, [0])]).toEqual([205, 201]);
  });

  it("answers a reader although the one that asked for the index of its shard has left", async () => {
    const source = shardedSource();
    const array = zarr.extendArray(await openArray(source, ""), cacheDecodedChunks().extension);
    await firstOf(array, [2]);
    let release = () => {};
    source.record.hold = new Promise((resolve) => {
      release = resolve;
    });
    source.record.reads.length = 0;
    const first = new AbortController();
    const left = array.getChunk([0], { signal: first.signal });
    const stayed = array.getChunk([1], { signal: new AbortController().signal });
    await setImmediate();
    expect(source.record.reads).toEqual(["/c/0"]);
    first.abort(new Error("moved away"));
    await expect(left).rejects.toThrow("moved away");
    release();
    expect((await stayed).data[0]).toBe(5);
  });
});

describe("a shard that is replaced under the reader", () => {
  const values = (first: number) => Array.from({ length: 8 }, (_, at) => first + at);
  const read = async (array: zarr.Array<"int32", zarr.Readable>, from: number, to: number) => [
    ...(await zarr.get(array, [zarr.slice(from, to)])).data,
  ];
  const open = async (source: VersionedSource, storage: TestStore["storage"]) => {
    const array = await openArray(new CachedStore(source, "s", storage), "");
    return zarr.extendArray(array, cacheDecodedChunks().extension) as typeof array;
  };

  for (const isNewProcess of [false, true])
    it(`is read whole and new, its index ${isNewProcess ? "cached by another process" : "in hand"}`, async () => {
      const source = new VersionedSource()
        .put("/zarr.json", new TextEncoder().encode(JSON.stringify(METADATA)))
        .put("/c/0", makeShard(1));
      const { storage } = cached(source);
      const first = await open(source, storage);
      expect(await read(first, 0, 4)).toEqual(values(1).slice(0, 4));
      await storage.idle();
      // The inner chunks are elsewhere in the new shard.
      source.put("/c/0", makeShard(101, 16));
      const array = isNewProcess ? await open(source, storage) : first;
      expect(await read(array, 4, 8)).toEqual(values(101).slice(4));
      expect(await read(array, 0, 8)).toEqual(values(101));
    });

  it("is read by a new array also over a store that drops nothing", async () => {
    const { map, get, getRange } = shardedSource();
    let indexed: Uint8Array | undefined;
    const store: zarr.AsyncReadable = {
      get,
      async getRange(key, range) {
        if ("suffixLength" in range) indexed = map.get(key);
        else if (indexed !== map.get(key)) throw new SourceChangedError("https://a.example", key, "1", "2");
        return getRange(key, range);
      },
    };
    const array = zarr.extendArray(await openArray(store, ""), cacheDecodedChunks().extension);
    expect(await read(array, 0, 4)).toEqual(values(1).slice(0, 4));
    map.set("/c/0", makeShard(101, 16));
    expect(await read(array, 4, 8)).toEqual(values(101).slice(4));
  });
});
