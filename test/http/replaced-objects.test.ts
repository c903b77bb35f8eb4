import { setImmediate } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  CachedStore,
  IndexedCacheStorage,
  isZarrCacheError,
  MemoryStoreIndex,
  MemoryStoreOpener,
} from "zarr-cache";
import { HttpSource } from "zarr-cache/http";
import { cacheDecodedChunks } from "zarr-cache/zarrita";
import * as zarr from "zarrita";
import { randomNumbers } from "../processes/support/random-numbers.ts";
import { hasRedisServer } from "../support/redis-server.ts";
import { scriptedOrigin, wellBehaved } from "../support/scripted-origin.ts";
import { type OpenStorage, SHARED_STORAGES } from "../support/shared-storages.ts";

const INNER = 16;
const LENGTH = 64;
const METADATA = {
  zarr_format: 3,
  node_type: "array",
  shape: [INNER * LENGTH],
  data_type: "int32",
  chunk_grid: { name: "regular", configuration: { chunk_shape: [INNER * LENGTH] } },
  chunk_key_encoding: { name: "default" },
  fill_value: -1,
  codecs: [
    {
      name: "sharding_indexed",
      configuration: {
        chunk_shape: [LENGTH],
        codecs: [{ name: "bytes", configuration: { endian: "little" } }],
        index_codecs: [{ name: "bytes", configuration: { endian: "little" } }],
        index_location: "end",
      },
    },
  ],
  attributes: {},
};

/** A shard whose chunks hold its version and their number; where they lie differs from version to version. */
function makeShard(version: number): Uint8Array {
  const bytesOfChunk = LENGTH * 4;
  const gap = (version % 7) * 4;
  const index = new BigUint64Array(2 * INNER);
  const body = new Uint8Array(INNER * (bytesOfChunk + gap)).fill(0xff);
  for (let n = 0; n < INNER; n++) {
    const place = ((n + version) % INNER) * (bytesOfChunk + gap);
    body.set(new Uint8Array(new Int32Array(LENGTH).fill(version * INNER + n).buffer), place);
    index.set([BigInt(place), BigInt(bytesOfChunk)], 2 * n);
  }
  const shard = new Uint8Array(body.byteLength + index.byteLength);
  shard.set(body);
  shard.set(new Uint8Array(index.buffer), body.byteLength);
  return shard;
}

/** An origin that replaces the shard before every few requests, with `seed` for when. */
async function changingOrigin(seed: number, honoursIfMatch: boolean) {
  const random = randomNumbers(seed);
  let version = 1;
  const metadata = new TextEncoder().encode(JSON.stringify(METADATA));
  const origin = await scriptedOrigin((request) => {
    if (request.path === "/zarr.json") return wellBehaved(metadata, request, '"m"');
    if (request.path !== "/c/0") return { status: 404 };
    if (random() < 0.25) version++;
    const { "if-match": _, ...without } = request.headers;
    const seen = honoursIfMatch ? request : { ...request, headers: without };
    return wellBehaved(makeShard(version), seen, `"${version}"`);
  });
  return { origin, versions: () => version };
}

/** The storages, and by how much less is read over those that take their time. */
const STORAGES: Readonly<Record<string, readonly [start: () => Promise<OpenStorage>, lesser: number]>> = {
  memory: [
    async () => async () =>
      new IndexedCacheStorage(new MemoryStoreIndex({ maxBytes: "1 MB" }), new MemoryStoreOpener()),
    1,
  ],
  ...Object.fromEntries(Object.entries(SHARED_STORAGES).map(([name, start]) => [name, [start, 3]])),
};

async function open(url: string, openStorage: OpenStorage): Promise<CachedStore> {
  const storage = await openStorage();
  onTestFinished(() => storage.close());
  return new CachedStore(new HttpSource(url), "s", storage, { maxAge: 0, staleIfError: 0 });
}

/** Reads a chunk, which is that one and of one version; `undefined` where the reader is told that the shard has changed. */
async function versionOf(
  array: Pick<zarr.Array<zarr.DataType>, "getChunk">,
  at: number,
  seed: number,
): Promise<number | undefined> {
  try {
    const values = new Set((await array.getChunk([at])).data as Int32Array);
    expect(values.size, `chunk ${at} holds ${[...values]} (seed ${seed})`).toBe(1);
    const [value = 0] = values;
    expect(value % INNER, `chunk ${at} holds ${value} (seed ${seed})`).toBe(at);
    return Math.floor(value / INNER);
  } catch (error) {
    if (isChanged(error)) return undefined;
    throw error;
  }
}

const isChanged = (error: unknown) => isZarrCacheError(error, "SourceChangedError");

describe.runIf(await hasRedisServer()).each(Object.entries(STORAGES))(
  "a shard over %s",
  (_, [start, lesser]) => {
    it.each([true, false])(
      "gives no read of two versions while it is replaced under the readers of four stores (If-Match is honoured: %s)",
      async (honoursIfMatch) => {
        const seed = 20_260_401;
        const { origin, versions } = await changingOrigin(seed, honoursIfMatch);
        const openStorage = await start();
        // Further processes, where the storage is shared; each with one array at a time, which keeps its index.
        const stores = await Promise.all(Array.from({ length: 4 }, () => open(origin.url, openStorage)));
        const random = randomNumbers(seed + 1);
        let refused = 0;
        const seen = new Set<number>();
        const readOne = async (store: CachedStore) => {
          const array = await zarr.open.v3(zarr.root(store), { kind: "array" });
          for (let n = 0; n < 6; n++) {
            const version = await versionOf(array, Math.floor(random() * INNER), seed);
            if (version === undefined) {
              refused++;
              return;
            }
            expect(version).toBeGreaterThan(0);
            expect(version).toBeLessThanOrEqual(versions());
            seen.add(version);
            await setImmediate();
          }
        };
        for (let round = 0; round < 25 / lesser; round++)
          await Promise.all(stores.map((store) => readOne(store)));
        expect(versions()).toBeGreaterThan(20 / lesser);
        expect(seen.size).toBeGreaterThan(5 / lesser);
        expect(refused).toBeGreaterThan(0);
      },
    );

    it("gives arrays that share a store, opened one after the other, the chunks that they ask for or tells them", async () => {
      const seed = 20_260_403;
      const { origin, versions } = await changingOrigin(seed, true);
      const store = await open(origin.url, await start());
      const openArray = () => zarr.open.v3(zarr.root(store), { kind: "array" });
      const random = randomNumbers(seed + 1);
      const arrays = [await openArray()];
      let [given, refused] = [0, 0];
      for (let round = 0; round < 60 / lesser; round++) {
        const read = await Promise.all(
          arrays.map((array) => versionOf(array, Math.floor(random() * INNER), seed)),
        );
        for (const version of read) version === undefined ? refused++ : given++;
        arrays.push(await openArray());
        if (arrays.length > 5) arrays.shift();
      }
      expect(versions()).toBeGreaterThan(20 / lesser);
      expect(given).toBeGreaterThan(20 / lesser);
      expect(refused).toBeGreaterThan(20 / lesser);
    });

    it("is read on by the arrays of an extension, opened one after the other, chunk after chunk of one version each", async () => {
      const seed = 20_260_402;
      const { origin, versions } = await changingOrigin(seed, true);
      const chunks = cacheDecodedChunks({ maxBytes: 0 });
      onTestFinished(() => chunks.close());
      const store = await open(origin.url, await start());
      const openArray = async () =>
        zarr.extendArray(await zarr.open.v3(zarr.root(store), { kind: "array" }), chunks.extension);
      const arrays = [await openArray()];
      const random = randomNumbers(seed + 1);
      let [read, given] = [0, 0];
      const readOne = async (array: (typeof arrays)[number]) => {
        read++;
        // It opens the array anew a few times; where the shard was replaced again in between, the reader is told.
        if ((await versionOf(array, Math.floor(random() * INNER), seed)) !== undefined) given++;
      };
      while (read < 120 / lesser) {
        await Promise.all(arrays.map(readOne));
        if (arrays.length < 3) arrays.push(await openArray());
      }
      expect(versions()).toBeGreaterThan(20 / lesser);
      expect(given).toBeGreaterThan(read / 2);
    });
  },
);
