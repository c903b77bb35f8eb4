import { queryObjects } from "node:v8";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { TYPED_ARRAYS } from "../support/typed-arrays.ts";

const ROWS = 8;
const WIDTH = 4096;
const CONCURRENCY = 4;

/** The bytes of a stored chunk; how many are alive is asked of the heap. */
class ChunkBytes extends ArrayBuffer {}

/**
 * The package with typed arrays that are counted where they take memory of their own, whether made, copied or mapped;
 * what lies in memory that is there already costs nothing.
 */
async function countedModules() {
  const counted = { bytes: 0 };
  for (const Kind of [ArrayBuffer, ...TYPED_ARRAYS]) {
    const Counting: object = new Proxy(Kind, {
      construct(target, given: unknown[], wanted) {
        const made = Reflect.construct(target, given, wanted === Counting ? target : wanted);
        if (!(given[0] instanceof ArrayBuffer)) counted.bytes += made.byteLength;
        return made;
      },
    });
    vi.stubGlobal(Kind.name, Counting);
    Object.defineProperty(Kind.prototype, "constructor", { value: Counting });
    onTestFinished(() => {
      Object.defineProperty(Kind.prototype, "constructor", { value: Kind });
    });
  }
  vi.resetModules();
  onTestFinished(() => {
    vi.unstubAllGlobals();
  });
  const { Coordinates } = await import("../../src/coordinates/coordinates.ts");
  const { decoderOf } = await import("../../src/dataset/cf-decoding.ts");
  const { LazyArray } = await import("../../src/dataset/lazy-array.ts");
  return { counted, Coordinates, decoderOf, LazyArray };
}

/** An array of int16 that is stored row by row; each row comes in bytes of its own, in a later turn than it was asked for. */
async function storedArray(attrs: Readonly<Record<string, unknown>>) {
  const { counted, Coordinates, decoderOf, LazyArray } = await countedModules();
  const coordinates = Coordinates.grid({
    lat: { start: 0, step: 1, size: ROWS },
    lon: { start: 0, step: 1, size: WIDTH },
  });
  const array = {
    shape: [ROWS, WIDTH],
    chunks: [1, WIDTH],
    async getChunk([row = 0]: number[]) {
      const data = new Int16Array(new ChunkBytes(2 * WIDTH)).fill(row);
      await new Promise(setImmediate);
      return { data, shape: [1, WIDTH], stride: [WIDTH, 1] };
    },
  };
  const lazy = new LazyArray({
    name: "a",
    path: "/a",
    array,
    dims: ["lat", "lon"],
    coordinates,
    bands: undefined,
    units: undefined,
    attrs,
    decoder: () => decoderOf({ name: "a", dtype: "int16", attrs, fillValue: undefined }),
  });
  return { lazy, counted };
}

describe.each([
  ["as they are stored", {}, 2],
  ["unpacked", { scale_factor: 0.5, _FillValue: 3 }, 4],
])("values %s", (_, attrs, bytesOfValue) => {
  it("take the memory of the result to be loaded, and nothing beside it", async () => {
    const { lazy, counted } = await storedArray(attrs);
    counted.bytes = 0;
    const loaded = await lazy.load({ concurrency: CONCURRENCY });
    expect(counted.bytes).toBe(ROWS * WIDTH * bytesOfValue);
    expect(loaded.toTypedArray()[WIDTH]).toBe(bytesOfValue === 2 ? 1 : 0.5);
  });

  it("are reduced in sums, counts, their quotients and one unpacked chunk", async () => {
    const { lazy, counted } = await storedArray(attrs);
    counted.bytes = 0;
    const mean = await lazy.mean("lat", { concurrency: CONCURRENCY });
    const block = bytesOfValue === 2 ? 0 : WIDTH * bytesOfValue;
    expect(counted.bytes).toBe(3 * WIDTH * 8 + block);
    expect(mean.size).toBe(WIDTH);
  });

  it.each(["load", "mean"] as const)("keep no chunk that has been used alive (%s)", async (name) => {
    const { lazy } = await storedArray(attrs);
    const alive: number[] = [];
    const onProgress = () => alive.push(Number(queryObjects(ChunkBytes)));
    const options = { concurrency: CONCURRENCY, onProgress };
    await (name === "load" ? lazy.load(options) : lazy.mean("lat", options));
    expect(alive).toHaveLength(ROWS);
    // Those that are being read, and the one that is being used: never one more than may be under way.
    expect(Math.max(...alive)).toBeLessThanOrEqual(CONCURRENCY);
    expect(Math.max(...alive)).toBeGreaterThanOrEqual(CONCURRENCY - 1);
  });
});
