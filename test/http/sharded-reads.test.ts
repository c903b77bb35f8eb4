import { describe, expect, it, onTestFinished } from "vitest";
import { CachedStore, type CachedStoreOptions } from "zarr-cache";
import { HttpSource } from "zarr-cache/http";
import * as zarr from "zarrita";
import { seededRandom } from "../../packages/zarr-cache/src/testing/random.ts";
import {
  expectNoMoreThanNeeded,
  expectWithinBlocks,
  type KeyRange,
} from "../../packages/zarr-cache/test/support/needed-ranges.ts";
import { shardedArray } from "../../packages/zarr-cache/test/support/sharded-array.ts";
import { hasRedisServer } from "../support/redis-server.ts";
import { scriptedOrigin } from "../support/scripted-origin.ts";
import { serveFiles } from "../support/served-files.ts";
import { SHARED_STORAGES } from "../support/shared-storages.ts";

const SEED = Number(process.env["ZARR_CACHE_SEED"] ?? 1);
/** Random reads of inner chunks: many at a time, and one at a time. */
const [READS, SINGLE_READS] = [10_000, 1_000];
const GAP = 32 * 1024;
const ELEMENTS = 256;
const CHUNK_BYTES = 4 * ELEMENTS;
const SHAPE = { shards: 3, chunksPerShard: 128, elements: ELEMENTS, gap: 2000 };

/** A sharded array on a web server, and storages that hold its parts. */
async function setUp(start: (typeof SHARED_STORAGES)[string]) {
  const random = seededRandom(SEED);
  const data = shardedArray(random, SHAPE);
  const openStorage = await start();
  const origin = await scriptedOrigin((request) => serveFiles(data.values, request));
  let seen = 0;
  return {
    random,
    data,
    /** Opens the array over a storage of its own, as the next process does, and a way to read chunks of it together. */
    async open(options: CachedStoreOptions = {}) {
      const storage = await openStorage();
      onTestFinished(() => storage.close());
      const store = new CachedStore(new HttpSource(origin.url), "data", storage, options);
      const array = await zarr.open.v3(zarr.root(store), { kind: "array" });
      const read = async (numbers: readonly number[]) => {
        const chunks = await Promise.all(numbers.map((number) => array.getChunk([number])));
        for (const [i, { data: values }] of chunks.entries()) {
          const first = numbers[i] as number;
          const isRight =
            values.length === ELEMENTS &&
            (values as Int32Array).every((value, at) => value === first * ELEMENTS + at);
          expect(isRight, `values of chunk ${first}, seed ${SEED}`).toBe(true);
        }
      };
      return { store, read };
    },
    /** What the origin was asked since the last call. */
    taken() {
      const requests = origin.requests.slice(seen);
      seen += requests.length;
      const ranges: KeyRange[] = [];
      let ends = 0;
      let wholes = 0;
      for (const { path, headers } of requests) {
        const [, from, to] = /^bytes=(\d*)-(\d+)$/.exec(headers.range ?? "") ?? [];
        if (from === undefined) wholes++;
        else if (from === "") ends++;
        else ranges.push({ key: path, offset: Number(from), length: Number(to) - Number(from) + 1 });
      }
      return { ranges, ends, wholes };
    },
  };
}

describe.runIf(await hasRedisServer()).each(Object.entries(SHARED_STORAGES))(
  `random inner chunks of a sharded array over %s, seed ${SEED}`,
  (_, start) => {
    it("one at a time cost exactly their bytes, once, and each index once; the next process asks for nothing", async () => {
      const { random, data, open, taken } = await setUp(start);
      const { store, read } = await open();
      const needed = new Set<number>();
      for (let i = 0; i < SINGLE_READS; i++) {
        const number = random.below(data.chunks.length);
        needed.add(number);
        await read([number]);
      }
      const { ranges, ends, wholes } = taken();
      const asked = ranges.map(({ key, offset, length }) => `${key} ${offset}+${length}`);
      const chunks = [...needed].map((number) => data.chunks[number] as KeyRange);
      expect(asked.sort()).toEqual(
        chunks.map(({ key, offset, length }) => `${key} ${offset}+${length}`).sort(),
      );
      expect({ ends, wholes }).toEqual({ ends: SHAPE.shards, wholes: 1 });
      expect(store.stats().source.bytes).toBe(
        (data.values.get("/zarr.json")?.byteLength ?? 0) +
          SHAPE.shards * data.indexBytes +
          needed.size * CHUNK_BYTES,
      );
      await store.idle();
      const later = await open();
      await later.read([...needed]);
      expect(taken()).toEqual({ ranges: [], ends: 0, wholes: 0 });
      expect(later.store.stats().source.reads).toBe(0);
    });

    it("many at a time cost their bytes and gaps of at most 32 KiB, and none that is cached", async () => {
      const { random, data, open, taken } = await setUp(start);
      const { store, read } = await open();
      const cached = new Set<number>();
      let requests = 0;
      for (let done = 0; done < READS; ) {
        const numbers = Array.from({ length: 1 + random.below(30) }, () => random.below(data.chunks.length));
        done += numbers.length;
        taken();
        await read(numbers);
        const missing = [...new Set(numbers)].filter((number) => !cached.has(number));
        const { ranges } = taken();
        requests += ranges.length;
        const needed = missing.map((number) => data.chunks[number] as KeyRange);
        const held = expectNoMoreThanNeeded(ranges, needed, GAP);
        // An index that answers late lets a chunk be asked for that lies in the gap of another request.
        expect(held).toBeGreaterThanOrEqual(missing.length);
        expect(ranges.length).toBeLessThanOrEqual(missing.length);
        for (const number of missing) cached.add(number);
        await store.idle();
      }
      expect(requests).toBeLessThan(cached.size);
      const later = await open();
      taken();
      await later.read([...cached]);
      expect(taken().ranges).toEqual([]);
    });

    it("in blocks cost at most one block more at each end", async () => {
      const blockBytes = 10_000;
      const { random, data, open, taken } = await setUp(start);
      const { store, read } = await open({ blockBytes });
      for (let i = 0; i < SINGLE_READS; i++) {
        const number = random.below(data.chunks.length);
        taken();
        await read([number]);
        const { ranges } = taken();
        expect(ranges.length).toBeLessThanOrEqual(1);
        expectWithinBlocks(ranges, data.chunks[number] as KeyRange, blockBytes);
      }
      const all = [...data.values.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
      expect(store.stats().source.bytes).toBeLessThanOrEqual(all + SHAPE.shards * data.indexBytes);
    });
  },
);
