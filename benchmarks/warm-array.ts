import { CachedStore, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import * as zarr from "zarrita";
import type { Benchmark } from "./frame/benchmark.ts";
import { interleave, timed } from "./frame/rounds.ts";
import { seededRandom } from "./frame/seeded-random.ts";
import { ratioOf, spreadOf } from "./frame/spread.ts";

/** What the cache adds to reading an array, decompression included. */
export const warmArray: Benchmark = {
  name: "warm-array",
  about: `zarrita reads a whole array of float32 (Blosc with LZ4, chunks of 256 KB) through a \`CachedStore\` with all
chunks in memory, and the same array straight from the \`Map\` that is the source.`,

  async run({ rounds, quick }) {
    const source = new Map<string, Uint8Array>();
    await writeArray(source, quick ? 2 : 24);
    const storage = new IndexedCacheStorage(
      new MemoryStoreIndex({ maxBytes: "1 GB" }),
      new MemoryStoreOpener(),
    );
    const store = new CachedStore(source, "era5", storage);
    const cached = await openArray(store);
    const plain = await openArray(source);
    await zarr.get(cached);
    await store.idle();

    const reads = store.stats().misses;
    const measured = await interleave(rounds, {
      ours: () => timed(() => zarr.get(cached)),
      peer: () => timed(() => zarr.get(plain)),
    });
    if (store.stats().misses !== reads) throw new Error("Not every chunk was in memory");
    return {
      findings: [
        {
          what: "whole array, warm in memory",
          ours: { spread: spreadOf(measured.ours), unit: "ms" },
          beside: { who: "Map", spread: spreadOf(measured.peer), unit: "ms" },
          figure: { spread: ratioOf(measured.ours, measured.peer), unit: "×" },
          target: { limit: 1.05, better: "lower" },
        },
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
