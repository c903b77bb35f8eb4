import { CachedStore, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import { cacheDecodedChunks, type DecodedChunkOptions } from "zarr-cache/zarrita";
import * as zarr from "zarrita";
import type { Benchmark, Finding } from "./frame/benchmark.ts";
import { interleave, timed } from "./frame/rounds.ts";
import { seededRandom } from "./frame/seeded-random.ts";
import { ratioOf, spreadOf } from "./frame/spread.ts";

const [ROWS, COLUMNS] = [720, 1440] as const;
const [CHUNK_ROWS, CHUNK_COLUMNS] = [180, 360] as const;
type Codec = "zstd" | "lz4";

/** Times that each chunk is read, and so the share of hits, and what speed-up is asked for. */
const CASES = [
  { times: 1, ratio: "0 %", limit: 0.95 },
  { times: 4, ratio: "75 %", limit: 2 },
  { times: 17, ratio: "94 %", limit: 8.3 },
] as const;

/** What it is worth to keep chunks decoded rather than as bytes only. */
export const decodedChunks: Benchmark = {
  name: "decoded-chunks",
  about: `zarrita reads chunk after chunk of an array of float32 (Blosc, chunks of 260 KB) in random order, each once, four
times or 17 times, through a tier of decoded chunks that starts empty, over a \`CachedStore\` that has all bytes in memory;
beside it the same reads through the \`CachedStore\` alone. The figure is how many times faster it is with the tier. At
0 % hits the tier is too small for the array, so that it evicts as well. By default every reader is given a chunk of its
own; with isolation \`shared\` it is the one that is kept. The targets are half of 1/(1 − hit ratio).`,

  async run({ rounds, quick }) {
    const findings: Finding[] = [];
    for (const codec of ["zstd", "lz4"] as const)
      for (const { times, ratio, limit } of CASES) {
        const hours = quick ? 1 : times === 17 ? 4 : 12;
        const array = await openCached(codec, hours);
        const order = shuffledReads(hours, times);
        const bytes = hours * ROWS * COLUMNS * 4;
        const withTier = async (isolation: "copy" | "shared") => {
          const options: DecodedChunkOptions = { maxBytes: times === 1 ? bytes / 4 : bytes * 2, isolation };
          const tier = cacheDecodedChunks({ ...options, maxEntryBytes: 1e6 });
          const extended = zarr.extendArray(array, tier.extension);
          const time = await timed(() => readInOrder(extended, order));
          const { hits, misses } = tier.stats();
          if (hits !== misses * (times - 1)) throw new Error(`${hits} hits, ${misses} misses at ${ratio}`);
          tier.close();
          return time;
        };
        const measured = await interleave(rounds, {
          bytesOnly: () => timed(() => readInOrder(array, order)),
          copy: () => withTier("copy"),
          shared: () => withTier("shared"),
        });
        const finding = (what: string, ours: readonly number[]): Finding => ({
          what: `${codec}, ${ratio} hits${what}`,
          ours: { spread: spreadOf(ours), unit: "ms" },
          beside: { who: "bytes only", spread: spreadOf(measured.bytesOnly), unit: "ms" },
          figure: { spread: ratioOf(measured.bytesOnly, ours), unit: "×" },
        });
        findings.push(
          { ...finding("", measured.copy), target: { limit, better: "higher" } },
          finding(", shared", measured.shared),
        );
      }
    return { findings };
  },
};

type FloatArray = zarr.Array<"float32", zarr.Readable>;

/** Reads one chunk's window after the other. */
async function readInOrder(
  array: FloatArray,
  order: readonly (readonly [number, number, number])[],
): Promise<void> {
  for (const [hour, row, column] of order)
    await zarr.get(array, [
      hour,
      zarr.slice(row * CHUNK_ROWS, (row + 1) * CHUNK_ROWS),
      zarr.slice(column * CHUNK_COLUMNS, (column + 1) * CHUNK_COLUMNS),
    ]);
}

/** Every chunk so many times, in random order. */
function shuffledReads(hours: number, times: number): [number, number, number][] {
  const random = seededRandom(7);
  const reads: [number, number, number][] = [];
  for (let time = 0; time < times; time++)
    for (let hour = 0; hour < hours; hour++)
      for (let chunk = 0; chunk < 16; chunk++) reads.push([hour, chunk >> 2, chunk & 3]);
  return reads
    .map((read) => ({ read, at: random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ read }) => read);
}

/** Smooth waves with a little noise, which compress about as fields of the atmosphere do, all in memory. */
async function openCached(cname: Codec, hours: number): Promise<FloatArray> {
  const source = new Map<string, Uint8Array>();
  const written = await zarr.create(zarr.root(source), {
    shape: [hours, ROWS, COLUMNS],
    chunkShape: [1, CHUNK_ROWS, CHUNK_COLUMNS],
    dtype: "float32",
    codecs: [
      { name: "bytes", configuration: { endian: "little" } },
      { name: "blosc", configuration: { cname, clevel: 5, shuffle: "shuffle", typesize: 4, blocksize: 0 } },
    ],
  });
  const random = seededRandom(3);
  for (let hour = 0; hour < hours; hour++) {
    const data = Float32Array.from({ length: ROWS * COLUMNS }, (_, at) =>
      Math.round(
        1000 * (Math.sin(at / COLUMNS / 90 + hour) + Math.cos((at % COLUMNS) / 200)) + 20 * random(),
      ),
    );
    await zarr.set(written, [hour, null, null], { data, shape: [ROWS, COLUMNS], stride: [COLUMNS, 1] });
  }
  const storage = new IndexedCacheStorage(
    new MemoryStoreIndex({ maxBytes: "1 GB" }),
    new MemoryStoreOpener(),
  );
  const store = new CachedStore({ get: async (key: string) => source.get(key) }, "waves", storage);
  const array = await zarr.open.v3(zarr.root(store), { kind: "array" });
  if (!array.is("float32")) throw new Error(`The array holds ${array.dtype}`);
  await zarr.get(array);
  await store.idle();
  return array;
}
