import { CachedStore, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import * as zarr from "zarrita";
import type { Benchmark, Finding } from "./frame/benchmark.ts";
import { interleave, timed } from "./frame/rounds.ts";
import { seededRandom } from "./frame/seeded-random.ts";
import { ratioOf, spreadOf } from "./frame/spread.ts";

/** What the cache adds to reading an array, decompression included. */
export const warmArray: Benchmark = {
  name: "warm-array",
  about: `zarrita reads a whole array of float32 (Blosc with LZ4, chunks of 256 KB, about 180 KB compressed) through a
\`CachedStore\` with all chunks in memory, and the same array straight from the \`Map\` that is the source. By default each
chunk that is handed out is a copy; with isolation \`shared\` it is the one that is kept. A \`Map\` that copies shows what
the copies alone cost.`,

  async run({ rounds, quick }) {
    const source = new Map<string, Uint8Array>();
    await writeArray(source, quick ? 2 : 24);
    const storage = new IndexedCacheStorage(
      new MemoryStoreIndex({ maxBytes: "1 GB" }),
      new MemoryStoreOpener(),
    );
    const read = { get: async (key: string) => source.get(key) };
    const copying = new CachedStore(read, "copying", storage);
    const shared = new CachedStore(read, "shared", storage, { isolation: "shared" });
    const arrays = {
      copying: await openArray(copying),
      shared: await openArray(shared),
      plain: await openArray(source),
      plainCopies: await openArray({ get: async (key) => source.get(key)?.slice() }),
    };
    for (const array of Object.values(arrays)) await zarr.get(array);
    await copying.idle();
    await shared.idle();

    const misses = copying.stats().misses + shared.stats().misses;
    const measured = await interleave(rounds, {
      copying: () => timed(() => zarr.get(arrays.copying)),
      shared: () => timed(() => zarr.get(arrays.shared)),
      plain: () => timed(() => zarr.get(arrays.plain)),
      plainCopies: () => timed(() => zarr.get(arrays.plainCopies)),
    });
    if (copying.stats().misses + shared.stats().misses !== misses)
      throw new Error("Not every chunk was in memory");
    const finding = (what: string, times: readonly number[]): Finding => ({
      what: `whole array, ${what}`,
      ours: { spread: spreadOf(times), unit: "ms" },
      beside: { who: "Map", spread: spreadOf(measured.plain), unit: "ms" },
      figure: { spread: ratioOf(times, measured.plain), unit: "×" },
    });
    return {
      findings: [
        { ...finding("warm in memory", measured.copying), target: { limit: 1.05, better: "lower" } },
        finding("warm in memory, shared", measured.shared),
        finding("from a Map that copies", measured.plainCopies),
      ],
    };
  },
};

/** Smooth waves with a little noise, which compress about as fields of the atmosphere do. */
async function writeArray(target: Map<string, Uint8Array>, hours: number): Promise<void> {
  const [rows, columns] = [720, 1440] as const;
  const array = await zarr.create(zarr.root(target), {
    shape: [hours, rows, columns],
    chunkShape: [1, 180, 360],
    dtype: "float32",
    codecs: [
      { name: "bytes", configuration: { endian: "little" } },
      {
        name: "blosc",
        configuration: { cname: "lz4", clevel: 5, shuffle: "shuffle", typesize: 4, blocksize: 0 },
      },
    ],
  });
  const random = seededRandom(3);
  for (let hour = 0; hour < hours; hour++) {
    const data = Float32Array.from({ length: rows * columns }, (_, at) =>
      Math.round(
        1000 * (Math.sin(at / columns / 90 + hour) + Math.cos((at % columns) / 200)) + 20 * random(),
      ),
    );
    await zarr.set(array, [hour, null, null], { data, shape: [rows, columns], stride: [columns, 1] });
  }
}

async function openArray(store: zarr.Readable): Promise<zarr.Array<"float32", zarr.Readable>> {
  const array = await zarr.open.v3(zarr.root(store), { kind: "array" });
  if (!array.is("float32")) throw new Error(`The array holds ${array.dtype}`);
  return array;
}
