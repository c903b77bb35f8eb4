import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { DiskStoreOpener, LmdbStoreIndex } from "../../src/disk/index.ts";
import { CachedStore, IndexedCacheStorage } from "../../src/index.ts";

const READS = 2048;
const BYTES = 65_536;
/** Of claims, which readers wait for: longer than on a machine that does not run other tests beside. */
const DEADLINE = "1m";

it(`keeps all of ${READS} chunks that are read in one moment`, async () => {
  const directory = await mkdtemp(join(tmpdir(), "zarr-cache-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const faults: string[] = [];
  let asked = 0;
  const source = {
    async get(key: string) {
      asked++;
      return new Uint8Array(BYTES).fill(key.charCodeAt(key.length - 1));
    },
  };
  const readAll = async () => {
    const index = new LmdbStoreIndex(join(directory, "index"), { maxBytes: "1 GB", deadline: DEADLINE });
    const opener = new DiskStoreOpener(join(directory, "chunks", "{store_id}"), { minFreeBytes: 0 });
    const storage = new IndexedCacheStorage(index, opener, { deadline: DEADLINE });
    storage.on("fault", ({ operation, error }) => faults.push(`${operation}: ${String(error)}`));
    try {
      const store = new CachedStore(source, "s", storage);
      const keys = Array.from({ length: READS }, (_, i) => `/c/${i}` as const);
      const values = await Promise.all(keys.map((key) => store.get(key)));
      for (const [i, value] of values.entries()) {
        expect(value?.byteLength).toBe(BYTES);
        expect(value?.at(-1)).toBe(`${i}`.charCodeAt(`${i}`.length - 1));
      }
      await storage.idle();
      return (await storage.usage()).entries;
    } finally {
      await storage.close();
    }
  };
  expect(await readAll()).toBe(READS);
  expect(faults).toEqual([]);
  // The next process has them all.
  expect(await readAll()).toBe(READS);
  expect(asked).toBe(READS);
});
