import { LRUCache } from "lru-cache";
import { CachedStore, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import { withByteCaching } from "zarrita";
import type { Benchmark } from "./frame/benchmark.ts";
import { interleave } from "./frame/rounds.ts";
import { ratioOf, spreadOf } from "./frame/spread.ts";

const VALUE_BYTES = 100_000;
const KEYS = Array.from({ length: 256 }, (_, number) => `/t2m/c/0/${number}` as const);

/** What a read costs that the memory answers. */
export const memoryHit: Benchmark = {
  name: "memory-hit",
  about: `One reader awaits \`get\` of 256 values of 100 KB in turn, all in memory. With isolation \`shared\` it is handed
the bytes that are kept, as zarrita's \`withByteCaching\` over lru-cache always does; by default it gets bytes of its own,
which is measured against the shared read and one \`slice()\` of the value together.`,

  async run({ rounds, quick }) {
    const steps = quick ? 2_000 : 100_000;
    const copies = steps / 10;
    const shared = await warmStore("shared");
    const copying = await warmStore("copy");
    const peer = withByteCaching(
      { get: readSource },
      {
        cache: new LRUCache<string, Uint8Array>({
          maxSize: 1e9,
          sizeCalculation: (value) => value.byteLength,
        }),
      },
    );
    for (const key of KEYS) await peer.get(key);
    const values = await Promise.all(KEYS.map(readSource));

    const measured = await interleave(rounds, {
      shared: () => microsecondsEach(steps, (key) => shared.get(key)),
      peer: () => microsecondsEach(steps, (key) => peer.get(key)),
      copying: () => microsecondsEach(copies, (key) => copying.get(key)),
      slice: () => microsecondsToSlice(copies, values),
    });
    const sharedAndSlice = measured.shared.map((time, round) => time + (measured.slice[round] ?? 0));
    return {
      findings: [
        {
          what: "hit of 100 KB in memory, shared",
          ours: { spread: spreadOf(measured.shared), unit: "µs" },
          beside: { who: "withByteCaching", spread: spreadOf(measured.peer), unit: "µs" },
          figure: { spread: spreadOf(measured.shared), unit: "µs" },
          target: { limit: 1, better: "lower" },
        },
        {
          what: "hit of 100 KB in memory, own copy",
          ours: { spread: spreadOf(measured.copying), unit: "µs" },
          beside: { who: "shared + slice()", spread: spreadOf(sharedAndSlice), unit: "µs" },
          figure: { spread: ratioOf(measured.copying, sharedAndSlice), unit: "×" },
          target: { limit: 1.2, better: "lower" },
        },
      ],
    };
  },
};

async function readSource(_key: string): Promise<Uint8Array> {
  return new Uint8Array(VALUE_BYTES).fill(7);
}

async function warmStore(isolation: "shared" | "copy"): Promise<CachedStore> {
  const storage = new IndexedCacheStorage(
    new MemoryStoreIndex({ maxBytes: "1 GB" }),
    new MemoryStoreOpener(),
  );
  const store = new CachedStore({ get: readSource }, "era5", storage, { isolation });
  for (const key of KEYS) await store.get(key);
  await store.idle();
  return store;
}

async function microsecondsEach(
  steps: number,
  get: (key: (typeof KEYS)[number]) => Promise<Uint8Array | undefined>,
): Promise<number> {
  let bytes = 0;
  const start = performance.now();
  for (let step = 0; step < steps; step++) {
    const value = await get(KEYS[step % KEYS.length] as (typeof KEYS)[number]);
    bytes += value?.byteLength ?? 0;
  }
  const milliseconds = performance.now() - start;
  if (bytes !== steps * VALUE_BYTES) throw new Error("A value was missing");
  return (milliseconds * 1000) / steps;
}

function microsecondsToSlice(steps: number, values: readonly Uint8Array[]): number {
  let bytes = 0;
  const start = performance.now();
  for (let step = 0; step < steps; step++)
    bytes += (values[step % values.length] as Uint8Array).slice().byteLength;
  const milliseconds = performance.now() - start;
  if (bytes !== steps * VALUE_BYTES) throw new Error("A value was missing");
  return (milliseconds * 1000) / steps;
}
