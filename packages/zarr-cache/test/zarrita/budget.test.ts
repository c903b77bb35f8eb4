import { expect, it } from "vitest";
import * as zarr from "zarrita";
import { cacheDecodedChunks } from "../../src/zarrita/index.ts";
import { counted, firstOf, openArray, writeArray } from "./arrays.ts";

/** Bytes charged for a chunk of 4 × 4 values of 4 bytes. */
const CHARGE = 64 + 256;

it("never holds more than its budget", async () => {
  const source = new Map<string, Uint8Array>();
  await writeArray(source, "a");
  const chunks = cacheDecodedChunks({ maxBytes: 5 * CHARGE + 10, maxEntryBytes: 64 });
  const extended = zarr.extendArray(await openArray(source, "a"), chunks.extension);
  for (let at = 0; at < 64; at++) {
    await Promise.all([firstOf(extended, [at % 4, (at >> 2) % 4]), firstOf(extended, [3, at % 4])]);
    expect(chunks.stats().bytes).toBeLessThanOrEqual(5 * CHARGE + 10);
  }
  const { entries, evictions, maxBytes } = chunks.stats();
  expect({ entries, maxBytes }).toEqual({ entries: 5, maxBytes: 5 * CHARGE + 10 });
  expect(evictions).toBeGreaterThan(0);
});

it("charges what a chunk keeps alive, and keeps nothing larger than an entry may be", async () => {
  const source = new Map<string, Uint8Array>();
  await writeArray(source, "a");
  const all = cacheDecodedChunks();
  await zarr.get(zarr.extendArray(await openArray(source, "a"), all.extension));
  expect(all.stats().bytes).toBe(16 * CHARGE);
  const none = cacheDecodedChunks({ maxEntryBytes: 63 });
  const extended = zarr.extendArray(await openArray(source, "a"), none.extension);
  expect(await zarr.get(extended)).toEqual(await zarr.get(extended));
  expect(none.stats()).toMatchObject({ entries: 0, bytes: 0, misses: 32 });
});

it("evicts what is cheap to decode before what is dear", async () => {
  const source = new Map<string, Uint8Array>();
  for (const path of ["cheap", "dear"]) await writeArray(source, path);
  let time = 0;
  const chunks = cacheDecodedChunks({ maxBytes: 8 * CHARGE, maxEntryBytes: 64, monotonic: () => time });
  const taking = async (path: string, milliseconds: number) => {
    const inner = await openArray(source, path);
    const slow = zarr.defineArrayExtension(() => ({
      async getChunk(coords, options) {
        const chunk = await inner.getChunk(coords, options);
        time += milliseconds;
        return chunk;
      },
    }))(inner);
    return counted(slow);
  };
  const dear = await taking("dear", 100);
  const cheap = await taking("cheap", 1);
  const dearly = zarr.extendArray(dear.array, chunks.extension);
  const cheaply = zarr.extendArray(cheap.array, chunks.extension);
  for (const column of [0, 1, 2, 3]) await firstOf(dearly, [0, column]);
  for (let at = 0; at < 16; at++) await firstOf(cheaply, [at >> 2, at & 3]);
  dear.record.decoded.length = 0;
  for (const column of [0, 1, 2, 3]) await firstOf(dearly, [0, column]);
  expect(dear.record.decoded).toEqual([]);
});

it.each([
  [{ maxBytes: "many" }, "maxBytes"],
  [{ maxAge: -1 }, "maxAge"],
  [{ isolation: "none" }, "isolation"],
  [{ policy: "fifo" }, "policy"],
  [{ monotonic: 3 }, "monotonic"],
  [{ clock: 3 }, "clock"],
  [{ maxByte: 3 }, "maxByte"],
  [null, "cacheDecodedChunks"],
])("rejects %j when it is made", (options, name) => {
  expect(() => cacheDecodedChunks(options as never)).toThrow(name);
});
