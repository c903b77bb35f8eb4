import { expect, it } from "vitest";
import * as zarr from "zarrita";
import { cacheDecodedChunks } from "../../src/zarrita/index.ts";
import { cached } from "../support/cached.ts";
import { counted, firstOf, openArray, writeArray } from "./arrays.ts";

async function setUp() {
  const source = new Map<string, Uint8Array>();
  await writeArray(source, "a");
  const { store } = cached(source);
  return { array: await openArray(store, "a") };
}

it("gives every caller of getChunk a chunk of its own", async () => {
  const { array } = await setUp();
  const extended = zarr.extendArray(array, cacheDecodedChunks().extension);
  const calls = [
    () => extended.getChunk([0, 0]),
    () => extended.getChunk([0, 0], {}),
    () => extended.getChunk([0, 0], { signal: new AbortController().signal }),
    () => extended.getChunk([0, 0], {}, { useSharedArrayBuffer: false }),
    () => extended.getChunk([0, 0], { signal: new AbortController().signal }, {}),
  ];
  for (const call of [...calls, ...calls]) {
    const chunk = await call();
    expect(chunk.data[0]).toBe(1);
    chunk.data.fill(-1);
    chunk.shape[0] = 99;
    chunk.stride[0] = 99;
  }
  expect((await zarr.get(extended)).data[0]).toBe(1);
  expect(extended.chunks).toEqual([4, 4]);
});

it.each(["copy", "shared"] as const)(
  "gives zarr.get the chunk that is kept, isolation %s",
  async (isolation) => {
    const { array } = await setUp();
    const extended = zarr.extendArray(array, cacheDecodedChunks({ isolation }).extension);
    const given = new Set<ArrayBufferLike>();
    const watched = zarr.defineArrayExtension((inner) => ({
      async getChunk(...call) {
        const chunk = await inner.getChunk(...call);
        given.add((chunk.data as Int32Array).buffer);
        return chunk;
      },
    }))(extended);
    for (let time = 0; time < 3; time++) (await zarr.get(watched, [0, null])).data.fill(-1);
    expect(given.size).toBe(4);
    expect([...(await zarr.get(watched, [0, null])).data].slice(0, 5)).toEqual([1, 2, 3, 4, 5]);
    expect(await zarr.get(watched, [0, 0])).toBe(1);
  },
);

it("hands out the very chunk where that is asked for, but not to who writes into it", async () => {
  const { array } = await setUp();
  const extended = zarr.extendArray(array, cacheDecodedChunks({ isolation: "shared" }).extension);
  await zarr.get(extended);
  const [one, other] = [await extended.getChunk([0, 0], {}), await extended.getChunk([0, 0], {})];
  expect(one.data).toBe(other.data);
  const whole = await zarr.get(extended);
  whole.data.fill(-1);
  expect(await firstOf(extended, [0, 0]), "zarr.get copies out of it").toBe(1);

  // As zarr.set does, which changes a chunk in place before it stores it.
  const chunk = await extended.getChunk([0, 0]);
  chunk.data.fill(-1);
  expect(await firstOf(extended, [0, 0])).toBe(1);
});

it("lets zarrita ask as isolation relies on: get with both kinds of options, set by coordinates alone", async () => {
  const { array } = await setUp();
  const calls: string[][][] = [];
  const watched = zarr.defineArrayExtension((inner) => ({
    getChunk(...call) {
      calls.push(call.slice(1).map((options) => Object.keys(options as object)));
      return inner.getChunk(...call);
    },
  }))(array);
  await zarr.get(watched, [0, 0]);
  await zarr.set(watched as zarr.Array<"int32", zarr.Mutable>, [0, 0], 5);
  expect(calls).toEqual([[["signal"], ["useSharedArrayBuffer"]], []]);
});

it.each<[string, zarr.DataType, unknown]>([
  ["booleans", "bool", true],
  ["64-bit integers", "int64", 5n],
  ["floats", "float32", 1.5],
])("keeps %s", async (_, dtype, value) => {
  const map = new Map<string, Uint8Array>();
  const written = await zarr.create(zarr.root(map).resolve("x"), {
    shape: [8],
    chunkShape: [8],
    dtype,
    fillValue: (dtype === "bool" ? false : null) as never,
  });
  await zarr.set(written, null, value as never);
  const { array, record } = counted(await zarr.open(zarr.root(map).resolve("x"), { kind: "array" }));
  const extended = zarr.extendArray(array, cacheDecodedChunks().extension);
  const direct = await zarr.get(array);
  record.decoded.length = 0;
  for (let time = 0; time < 2; time++) expect(await zarr.get(extended)).toEqual(direct);
  expect(record.decoded).toEqual(["0"]);
});

it("keeps the string arrays of Zarr version 2", async () => {
  const text = new TextEncoder();
  const document = (dtype: string) =>
    text.encode(
      JSON.stringify({
        zarr_format: 2,
        shape: [2],
        chunks: [2],
        dtype,
        compressor: null,
        fill_value: "",
        order: "C",
        filters: null,
      }),
    );
  const map = new Map<string, Uint8Array>([
    ["/s/.zarray", document("|S3")],
    ["/s/0", text.encode("abcde\0")],
    ["/u/.zarray", document("<U2")],
    ["/u/0", new Uint8Array(Uint32Array.of(0x61, 0x1f30d, 0x62, 0).buffer)],
  ]);
  for (const [path, values] of [
    ["s", ["abc", "de"]],
    ["u", ["a🌍", "b"]],
  ] as const) {
    const { array, record } = counted(await zarr.open(zarr.root(map).resolve(path), { kind: "array" }));
    const extended = zarr.extendArray(array, cacheDecodedChunks().extension);
    for (let time = 0; time < 2; time++) {
      const { data } = await zarr.get(extended);
      expect([...(data as Iterable<unknown>)]).toEqual(values);
    }
    expect(record.decoded).toEqual(["0"]);
  }
});
