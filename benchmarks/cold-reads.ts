import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CachedStore,
  type CacheStorage,
  IndexedCacheStorage,
  MemoryStoreIndex,
  MemoryStoreOpener,
  TieredCacheStorage,
} from "zarr-cache";
import { DiskStoreOpener, LmdbStoreIndex } from "zarr-cache/disk";
import type { Benchmark, Finding } from "./frame/benchmark.ts";
import { inFlight } from "./frame/in-flight.ts";
import { interleave, timed } from "./frame/rounds.ts";
import { ratioOf, spreadOf } from "./frame/spread.ts";
import { withTemporaryDirectory } from "./frame/temporary-directory.ts";

const SOURCE_MILLISECONDS = 50;
const READERS = 64;
/** Fills that a busy machine holds up are late, and not given up. */
const PATIENCE = "10s";
const VALUE = new Uint8Array(100_000).fill(7);

/** What the cache adds to reads that it cannot answer. */
export const coldReads: Benchmark = {
  name: "cold-reads",
  about: `64 readers read 1,280 different values of 100 KB that are not cached from a source that takes 50 ms, through an
empty cache and without one. The cache fills itself meanwhile; the clock stops when the last reader has its bytes.`,

  run: ({ rounds, quick }) =>
    withTemporaryDirectory(async (directory) => {
      const keys = Array.from({ length: READERS * (quick ? 2 : 20) }, (_, number) => `/c/${number}` as const);
      const source = {
        async get(_key: string): Promise<Uint8Array> {
          await sleep(SOURCE_MILLISECONDS);
          return VALUE.slice();
        },
      };
      let round = 0;
      const throughCache = async (storage: CacheStorage): Promise<number> => {
        const store = new CachedStore(source, "era5", storage);
        const milliseconds = await timed(() => inFlight(keys, READERS, (key) => store.get(key)));
        await store.idle();
        const { entries } = await storage.usage();
        if (entries !== keys.length) throw new Error(`${entries} of ${keys.length} values were kept`);
        await storage.close();
        return milliseconds;
      };
      const measured = await interleave(rounds, {
        none: () => timed(() => inFlight(keys, READERS, (key) => source.get(key))),
        memory: () => throughCache(memoryTier()),
        tiers: () => {
          const place = join(directory, String(round++));
          return throughCache(new TieredCacheStorage([memoryTier(), diskTier(place)]));
        },
      });
      const finding = (what: string, times: readonly number[]): Finding => ({
        what: `cold reads, ${what}`,
        ours: { spread: spreadOf(times), unit: "ms" },
        beside: { who: "no cache", spread: spreadOf(measured.none), unit: "ms" },
        figure: { spread: ratioOf(times, measured.none), unit: "×" },
        target: { limit: 1.05, better: "lower" },
      });
      return {
        findings: [finding("memory", measured.memory), finding("memory over disk", measured.tiers)],
      };
    }),
};

function memoryTier(): CacheStorage {
  return new IndexedCacheStorage(new MemoryStoreIndex({ maxBytes: "1 GB" }), new MemoryStoreOpener());
}

function diskTier(directory: string): CacheStorage {
  return new IndexedCacheStorage(
    new LmdbStoreIndex(join(directory, "index"), { maxBytes: "1 GB", deadline: PATIENCE }),
    new DiskStoreOpener(join(directory, "{store_id}")),
    { deadline: PATIENCE },
  );
}
