import { describe, expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import { seededRandom } from "../../src/testing/random.ts";
import { cached } from "../support/cached.ts";
import { expectNoMoreThanNeeded, expectWithinBlocks, type KeyRange } from "../support/needed-ranges.ts";
import { shardedArray } from "../support/sharded-array.ts";
import { temporaryCache } from "../support/temporary-cache.ts";
import { type VersionedRead, VersionedSource } from "../support/versioned-source.ts";
import { openArray } from "./arrays.ts";

const SEED = Number(process.env["ZARR_CACHE_SEED"] ?? 1);
const READS = 10_000;
const GAP = 32 * 1024;
const ELEMENTS = 256;
const SHAPE = { shards: 4, chunksPerShard: 512, elements: ELEMENTS, gap: 2000 };
const ROOMY = { index: { maxBytes: "100 MB", maxEntryBytes: "10 MB" } } as const;

function setUp(options = {}, shape = SHAPE) {
  const random = seededRandom(SEED);
  const data = shardedArray(random, shape);
  const source = new VersionedSource();
  for (const [key, value] of data.values) source.put(key, value);
  const made = cached(source, options, ROOMY);
  /** Reads inner chunks at the same time, and checks their values. */
  const readChunks = async (array: Awaited<ReturnType<typeof openArray>>, numbers: readonly number[]) => {
    const read = await Promise.all(numbers.map((number) => array.getChunk([number])));
    for (const [i, { data: values }] of read.entries())
      expect([values.length, values[0], values.at(-1)], `chunk ${numbers[i]}, seed ${SEED}`).toEqual([
        ELEMENTS,
        data.chunks[numbers[i] as number]?.first,
        (data.chunks[numbers[i] as number]?.first ?? 0) + ELEMENTS - 1,
      ]);
  };
  return { random, data, source, readChunks, ...made };
}

/** The ranges that a source was asked for, ends and metadata left out. */
const offsets = (reads: readonly VersionedRead[]) =>
  reads.flatMap(({ key, range }) => (range !== undefined && "offset" in range ? [{ key, ...range }] : []));

describe(`${READS} random inner chunks of a sharded array, seed ${SEED}`, () => {
  it("one at a time cost exactly their bytes, once, and each index once", async () => {
    const { random, data, source, readChunks, store } = setUp();
    const array = await openArray(store, "");
    source.taken();
    const needed = new Set<number>();
    for (let i = 0; i < 600; i++) {
      const number = random.below(data.chunks.length);
      needed.add(number);
      await readChunks(array, [number]);
    }
    const reads = source.taken();
    expect(offsets(reads)).toHaveLength(needed.size);
    expect(reads.filter(({ range }) => range !== undefined && "suffixLength" in range)).toHaveLength(
      SHAPE.shards,
    );
    expect(store.stats().source.bytes).toBe(
      (data.values.get("/zarr.json")?.byteLength ?? 0) +
        SHAPE.shards * data.indexBytes +
        needed.size * 4 * ELEMENTS,
    );
  });

  it("many at a time cost their bytes and gaps of at most 32 KiB, each byte once", async () => {
    const { random, data, source, readChunks, store } = setUp();
    const array = await openArray(store, "");
    const cachedChunks = new Set<number>();
    let requests = 0;
    for (let done = 0; done < READS; ) {
      const numbers = Array.from({ length: 1 + random.below(60) }, () => random.below(data.chunks.length));
      done += numbers.length;
      source.taken();
      await readChunks(array, numbers);
      const missing = [...new Set(numbers)].filter((number) => !cachedChunks.has(number));
      const asked = offsets(source.taken());
      requests += asked.length;
      const needed = missing.map((number) => data.chunks[number] as KeyRange);
      const held = expectNoMoreThanNeeded(asked, needed, GAP);
      expect(held, "chunks that were missing, each in one request").toBe(missing.length);
      for (const number of missing) cachedChunks.add(number);
      await store.idle();
    }
    // Chunks of one moment are a few KB apart here.
    expect(requests).toBeLessThan(cachedChunks.size);
    const misses = store.stats().misses;
    await readChunks(array, [...cachedChunks].slice(0, 1000));
    expect(store.stats().misses).toBe(misses);
  });

  it("in blocks cost at most one block more at each end", async () => {
    const blockBytes = 10_000;
    const { random, data, source, readChunks, store } = setUp({ blockBytes });
    const array = await openArray(store, "");
    for (let i = 0; i < READS; i++) {
      const number = random.below(data.chunks.length);
      source.taken();
      await readChunks(array, [number]);
      const asked = offsets(source.taken());
      expect(asked.length).toBeLessThanOrEqual(1);
      expectWithinBlocks(asked, data.chunks[number] as KeyRange, blockBytes);
    }
    const most = [...data.values.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(store.stats().source.bytes).toBeLessThanOrEqual(most + SHAPE.shards * data.indexBytes);
  });
});

describe("the index of a shard", () => {
  it("is read once for all readers, and for arrays that are opened again", async () => {
    const { source, store, readChunks } = setUp();
    const arrays = await Promise.all(Array.from({ length: 5 }, () => openArray(store, "")));
    await Promise.all(arrays.map((array) => readChunks(array, [0, 1, 2])));
    await readChunks(await openArray(store, ""), [3]);
    const ends = source.taken().filter(({ range }) => range !== undefined && "suffixLength" in range);
    expect(ends).toHaveLength(1);
    expect(new CachedStore(source, "s", store.storage).storeId).toBe("s");
  });

  it("and everything else is there in the next process", async () => {
    const { data, source, readChunks } = setUp();
    const { open } = await temporaryCache();
    const numbers = data.chunks.slice(0, 700).map((_, number) => number);
    const first = await open();
    const array = await openArray(first.wrap(source, "s"), "");
    for (let from = 0; from < numbers.length; from += 100) {
      await readChunks(array, numbers.slice(from, from + 100));
      await first.idle();
    }
    await first.close();
    source.taken();
    const second = await open();
    await readChunks(await openArray(second.wrap(source, "s"), ""), numbers);
    expect(source.taken()).toEqual([]);
  });

  it("goes after the chunks, whatever is read", async () => {
    const { random, data, source, readChunks } = setUp();
    // What a read takes is chance here, and decides what goes.
    const steady = Object.assign(source, { cost: () => 10 });
    const { store } = cached(steady, {}, { index: { maxBytes: 200_000, maxEntryBytes: 50_000 } });
    const array = await openArray(store, "");
    for (let i = 0; i < 1500; i++) await readChunks(array, [random.below(data.chunks.length)]);
    await store.idle();
    source.taken();
    for (let shard = 0; shard < SHAPE.shards; shard++)
      await store.getRange(`/c/${shard}`, { suffixLength: data.indexBytes });
    await store.get("/zarr.json");
    expect(source.taken()).toEqual([]);
  });
});
