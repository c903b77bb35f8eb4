import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { CachedStore, IndexedCacheStorage } from "zarr-cache";
import { DiskStoreOpener, LmdbStoreIndex } from "zarr-cache/disk";
import type { Benchmark, Finding } from "./frame/benchmark.ts";
import { inFlight } from "./frame/in-flight.ts";
import { interleave, timed } from "./frame/rounds.ts";
import { ratioOf, spreadOf } from "./frame/spread.ts";
import { withTemporaryDirectory } from "./frame/temporary-directory.ts";

const VALUE_BYTES = 256 * 1024;
const IN_FLIGHT = 16;
/** Fills that a busy machine holds up are late, and not given up. */
const PATIENCE = "10s";

/** What a read costs that the disk answers, and what checking its bytes costs. */
export const warmDisk: Benchmark = {
  name: "warm-disk",
  about: `4,000 values of 256 KiB, 16 reads in flight, through a \`CachedStore\` over LMDB and disk: index, file and every
checksum of every read. Beside it the same bytes in files of known names, read with \`readFile\` and one crc32 by hand, and
with \`readFile\` alone. All files are in the page cache. The figure is throughput beside the peer's.`,

  run: ({ rounds, quick }) =>
    withTemporaryDirectory(async (directory) => {
      const names = Array.from({ length: quick ? 100 : 4000 }, (_, number) => number);
      const plain = join(directory, "plain");
      await mkdir(plain);
      await inFlight(names, IN_FLIGHT, (name) => writeFile(join(plain, String(name)), bytesOf(name)));
      const checksums = names.map((name) => crc32(bytesOf(name)));

      const storage = new IndexedCacheStorage(
        new LmdbStoreIndex(join(directory, "index"), { maxBytes: "4 GB", deadline: PATIENCE }),
        new DiskStoreOpener(join(directory, "{store_id}")),
        { fills: "await", deadline: PATIENCE },
      );
      let sourceReads = 0;
      const source = {
        async get(key: string): Promise<Uint8Array> {
          sourceReads++;
          return bytesOf(numberOf(key));
        },
      };
      const store = new CachedStore(source, "era5", storage);
      await inFlight(names, IN_FLIGHT, (name) => store.get(`/c/${name}`));
      await store.idle();

      const readPlain = (name: number): Promise<Uint8Array> => readFile(join(plain, String(name)));
      const measured = await interleave(rounds, {
        ours: () =>
          timed(() => inFlight(names, IN_FLIGHT, async (name) => expectWhole(await store.get(`/c/${name}`)))),
        checked: () =>
          timed(() =>
            inFlight(names, IN_FLIGHT, async (name) => {
              if (crc32(await readPlain(name)) !== checksums[name]) throw new Error(`${name} is corrupt`);
            }),
          ),
        unchecked: () =>
          timed(() => inFlight(names, IN_FLIGHT, async (name) => expectWhole(await readPlain(name)))),
      });
      if (sourceReads !== names.length) throw new Error("Not every value came from the disk");
      await storage.close();

      const throughput = (milliseconds: readonly number[]) =>
        spreadOf(milliseconds.map((time) => (names.length * VALUE_BYTES) / time / 1e6));
      const finding = (who: string, times: readonly number[]): Finding => ({
        what: `4,000 × 256 KiB from disk, beside ${who}`,
        ours: { spread: throughput(measured.ours), unit: "GB/s" },
        beside: { who, spread: throughput(times), unit: "GB/s" },
        figure: { spread: ratioOf(times, measured.ours), unit: "×" },
      });
      return {
        findings: [
          { ...finding("readFile + crc32", measured.checked), target: { limit: 0.9, better: "higher" } },
          finding("readFile alone", measured.unchecked),
        ],
      };
    }),
};

/** Bytes that differ from value to value. */
function bytesOf(name: number): Uint8Array {
  const value = new Uint8Array(VALUE_BYTES);
  new Uint32Array(value.buffer).forEach((_, at, words) => {
    words[at] = Math.imul(at + 1, name + 1);
  });
  return value;
}

function numberOf(key: string): number {
  return Number(key.slice("/c/".length));
}

function expectWhole(value: Uint8Array | undefined): void {
  if (value?.byteLength !== VALUE_BYTES) throw new Error("A value was missing");
}
