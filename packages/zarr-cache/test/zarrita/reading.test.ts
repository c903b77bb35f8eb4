import { setImmediate } from "node:timers/promises";
import { expect, expectTypeOf, it } from "vitest";
import * as zarr from "zarrita";
import { cacheDecodedChunks, type ZarrArray } from "../../src/zarrita/index.ts";
import { cached } from "../support/cached.ts";
import { counted, firstOf, openArray, writeArray } from "./arrays.ts";

async function countedArray() {
  const source = new Map<string, Uint8Array>();
  await writeArray(source, "a");
  const { store } = cached(source);
  return { source, store, ...counted(await openArray(store, "a")) };
}

it("decodes each chunk once, however often it is read", async () => {
  const { array, record } = await countedArray();
  const chunks = cacheDecodedChunks();
  const extended = zarr.extendArray(array, chunks.extension);
  const direct = await zarr.get(array);
  record.decoded.length = 0;
  for (let time = 0; time < 3; time++) expect(await zarr.get(extended)).toEqual(direct);
  expect(await zarr.get(extended, [3, zarr.slice(2, 9)])).toEqual(
    await zarr.get(array, [3, zarr.slice(2, 9)]),
  );
  expect(new Set(record.decoded).size).toBe(16);
  expect(record.decoded).toHaveLength(16 + 3);
  expect(chunks.stats()).toMatchObject({
    reads: 51,
    hits: 35,
    misses: 16,
    coalesced: 0,
    failures: 0,
    entries: 16,
  });
});

it("is shared by the arrays of one store and path, also when they are opened anew", async () => {
  const { store, array, record } = await countedArray();
  const chunks = cacheDecodedChunks();
  await zarr.get(zarr.extendArray(array, chunks.extension));
  const again = counted(await openArray(store, "a"));
  await zarr.get(zarr.extendArray(again.array, chunks.extension));
  expect([record.decoded.length, again.record.decoded.length]).toEqual([16, 0]);
});

it("decodes once for 20 readers at the same time", async () => {
  const { array, record, gate } = await countedArray();
  const chunks = cacheDecodedChunks();
  const extended = zarr.extendArray(array, chunks.extension);
  const held = gate();
  const reads = Array.from({ length: 20 }, () => extended.getChunk([1, 2]));
  held.resolve();
  const results = await Promise.all(reads);
  expect(record.decoded).toEqual(["1.2"]);
  expect(new Set(results.map(({ data }) => data.buffer)).size, "each has a chunk of its own").toBe(20);
  expect(chunks.stats()).toMatchObject({ reads: 20, misses: 1, coalesced: 19, hitRatio: 0.95 });
});

it("ends only the wait of a reader that leaves, and the decoding when all have", async () => {
  const { array, record, gate } = await countedArray();
  const chunks = cacheDecodedChunks();
  const extended = zarr.extendArray(array, chunks.extension);
  await extended.getChunk([3, 3]);
  const held = gate();
  const first = new AbortController();
  const left = extended.getChunk([0, 0], { signal: first.signal });
  const stayed = extended.getChunk([0, 0]);
  first.abort(new Error("moved away"));
  await expect(left).rejects.toThrow("moved away");
  expect(record.signals.at(-1)?.aborted).toBe(false);
  held.resolve();
  expect((await stayed).data[0]).toBe(1);

  const again = gate();
  const both = [new AbortController(), new AbortController()];
  const leaving = both.map(({ signal }) => extended.getChunk([0, 1], { signal }));
  await setImmediate();
  for (const controller of both) controller.abort();
  for (const read of leaving) await expect(read).rejects.toThrow(/abort/);
  expect(record.signals.at(-1)?.aborted).toBe(true);
  again.resolve();
  record.gate = undefined;
  expect((await extended.getChunk([0, 1])).data[0], "the next reader begins anew").toBe(5);
});

it("tells a failure to all who wait, and keeps nothing of it", async () => {
  const { array, record, gate } = await countedArray();
  const chunks = cacheDecodedChunks();
  const extended = zarr.extendArray(array, chunks.extension);
  const held = gate();
  record.failure = new Error("broken chunk");
  const reads = [extended.getChunk([0, 0]), extended.getChunk([0, 0])];
  held.resolve();
  for (const read of reads) await expect(read).rejects.toThrow("broken chunk");
  record.failure = undefined;
  expect((await extended.getChunk([0, 0])).data[0]).toBe(1);
  expect(chunks.stats()).toMatchObject({ reads: 3, failures: 2, misses: 1, entries: 1 });
});

it("reads on where the metadata cannot be read, and keeps nothing meanwhile", async () => {
  const { source } = await countedArray();
  let isDown = false;
  const store = {
    async get(key: string) {
      if (isDown && key.endsWith("zarr.json")) throw new Error("down");
      return source.get(key);
    },
  };
  const array = zarr.extendArray(await openArray(store, "a"), cacheDecodedChunks().extension);
  isDown = true;
  expect(await firstOf(array, [0, 0])).toBe(1);
  isDown = false;
  expect(await firstOf(array, [0, 0])).toBe(1);
});

it("reads past a tier that was closed", async () => {
  const { array, record } = await countedArray();
  const chunks = cacheDecodedChunks();
  const extended = zarr.extendArray(array, chunks.extension);
  await extended.getChunk([0, 0]);
  chunks.close();
  expect(await firstOf(extended, [0, 0])).toBe(1);
  expect(record.decoded).toHaveLength(2);
  expect(chunks.stats()).toMatchObject({ entries: 0, bytes: 0 });
  expect(() => chunks.extension(array)).toThrow("closed");
});

it("keeps the type of the array, and is an array extension to zarrita", async () => {
  const { array } = await countedArray();
  const extended = zarr.extendArray(array, cacheDecodedChunks().extension);
  expectTypeOf(extended).toEqualTypeOf(array);
  expectTypeOf<zarr.Array<zarr.DataType, zarr.Readable>>().toExtend<ZarrArray>();
  expectTypeOf(cacheDecodedChunks().extension).toExtend<zarr.ArrayExtension>();
  expect(extended.shape).toEqual([16, 16]);
});
