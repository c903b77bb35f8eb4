import { MemoryStoreIndex, type StoreIndex } from "zarr-cache";
import { LmdbStoreIndex } from "zarr-cache/disk";
import type { Benchmark, Finding } from "./frame/benchmark.ts";
import { fillSharedIndex } from "./frame/fill-shared-index.ts";
import { interleave, timed } from "./frame/rounds.ts";
import { spreadOf } from "./frame/spread.ts";
import { withTemporaryDirectory } from "./frame/temporary-directory.ts";

const ORDERS = ["size", "age", "hits", "cost"] as const;

/** How long it takes to see what is largest, oldest, most used or dearest. */
export const sortedListing: Benchmark = {
  name: "sorted-listing",
  about: "The first 100 of a million entries, in each order, from the memory index and from the LMDB index.",
  heapMegabytes: 4000,

  run: ({ rounds, quick, progress }) =>
    withTemporaryDirectory(async (directory) => {
      const entries = quick ? 20_000 : 1_000_000;
      const memory = new MemoryStoreIndex({ maxBytes: "1 TB" });
      const lmdb = new LmdbStoreIndex(directory, { maxBytes: "1 TB", deadline: "10s" });
      for (const index of [memory, lmdb]) {
        progress(`filling ${entries.toLocaleString("en")} entries, ${index === memory ? "memory" : "LMDB"}`);
        await index.open();
        await index.markClean();
        await fillSharedIndex(index, entries);
      }
      const findings: Finding[] = [];
      for (const orderBy of ORDERS) {
        progress(`by ${orderBy}`);
        const list = (index: StoreIndex) => timed(() => index.entries({ orderBy, limit: 100 }));
        const measured = await interleave(rounds, { memory: () => list(memory), lmdb: () => list(lmdb) });
        const finding = (where: string, times: readonly number[], limit: number): Finding => ({
          what: `first 100 of ${entries.toLocaleString("en")} by ${orderBy}, ${where}`,
          figure: { spread: spreadOf(times), unit: "ms" },
          target: { limit, better: "lower" },
        });
        findings.push(finding("memory", measured.memory, 100), finding("LMDB", measured.lmdb, 1000));
      }
      await lmdb.close();
      return { findings };
    }),
};
